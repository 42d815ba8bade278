import type { Construct } from 'constructs';
import { Storage } from '../patterns/storage';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** What has to outlive every host. Its zone comes from the settings, so it depends on nothing that could take it along. */
export class StorageStack extends SearchgateStack {
  readonly storage: Storage;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    const { network, host, region } = settings;
    this.storage = new Storage(this, 'Default', {
      name: this.name,
      region,
      nodeZones: Array.from({ length: host.nodes }, (_, node) => network.zones[node % network.zones.length] ?? ''),
      dataVolume: host.dataVolume,
    });
  }
}
