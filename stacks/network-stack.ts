import type { Construct } from 'constructs';
import { DoorSecurityGroups } from '../constructs/door-security-groups';
import { PrivateNetwork } from '../constructs/private-network';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** The VPC and who may reach whom in it. */
export class NetworkStack extends SearchgateStack {
  readonly network: PrivateNetwork;
  readonly groups: DoorSecurityGroups;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    this.network = new PrivateNetwork(this, 'network', {
      name: this.name,
      cidr: settings.network.cidr,
      zones: settings.network.zones,
      region: settings.region,
    });
    this.groups = new DoorSecurityGroups(this, 'security-groups', {
      name: this.name,
      vpcId: this.network.vpcId,
      services: settings.services,
    });
  }
}
