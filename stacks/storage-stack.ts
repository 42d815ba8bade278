import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import type { Construct } from 'constructs';
import { DataVolume } from '../constructs/data-volume';
import { nodeName } from '../constructs/deployment-names';
import { PrivateBucket } from '../constructs/private-bucket';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** What has to outlive every host. Its zone comes from the settings, so it depends on nothing that could take it along. */
export class StorageStack extends SearchgateStack {
  /** One a node. */
  readonly dataVolumes: readonly DataVolume[];
  readonly snapshots: PrivateBucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    const { zones } = settings.network;
    this.dataVolumes = Array.from({ length: settings.host.nodes }, (_, node) => {
      const zone = zones[node % zones.length] ?? '';
      const name = nodeName(node);
      return new DataVolume(this, name, { ...settings.host.dataVolume, name: `${this.name}-${name}-data`, zone });
    });
    const account = new DataAwsCallerIdentity(this, 'account').accountId;
    this.snapshots = new PrivateBucket(this, 'snapshots', {
      bucketName: `${this.name}-snapshots-${account}-${settings.region}`,
      oldVersionDays: 30,
    });
  }
}
