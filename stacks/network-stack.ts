import type { Construct } from 'constructs';
import { Network } from '../patterns/network';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** The VPC and who may reach whom in it. */
export class NetworkStack extends SearchgateStack {
  readonly network: Network;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    const { region, services, host } = settings;
    this.network = new Network(this, 'Default', {
      name: this.name,
      vpc: { ...settings.network, region },
      services,
      clustered: host.nodes > 1,
    });
  }
}
