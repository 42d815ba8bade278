import { Construct } from 'constructs';
import { DoorSecurityGroups, type DoorSecurityGroupsProps } from '../constructs/door-security-groups';
import { type NetworkAttributes, PrivateNetwork, type PrivateNetworkProps } from '../constructs/private-network';

export interface NetworkProps {
  /** Name tags begin with it. */
  readonly name: string;
  /** The addresses, zones and region of a VPC to make, or a VPC that is there already. Which of both is fixed at synth. */
  readonly vpc: Omit<PrivateNetworkProps, 'name'> | NetworkAttributes;
  /** The services behind the doors. How many there are is fixed at synth. */
  readonly services: DoorSecurityGroupsProps['services'];
  /** Whether the hosts are the nodes of a cluster. Fixed at synth. @default false */
  readonly clustered?: boolean;
}

/** The VPC and who may reach whom in it. */
export class Network extends Construct implements NetworkAttributes {
  readonly vpcId: string;
  readonly hostSubnetIds: readonly string[];
  readonly forwarderSubnetIds: readonly string[];
  readonly s3EndpointId: string;
  /** The security group of the hosts. */
  readonly hostsGroupId: string;
  /** The security group of the forwarders. */
  readonly forwardersGroupId: string;

  constructor(scope: Construct, id: string, { name, vpc, services, clustered }: NetworkProps) {
    super(scope, id);
    const network = 'vpcId' in vpc ? vpc : new PrivateNetwork(this, 'network', { name, ...vpc });
    this.vpcId = network.vpcId;
    this.hostSubnetIds = network.hostSubnetIds;
    this.forwarderSubnetIds = network.forwarderSubnetIds;
    this.s3EndpointId = network.s3EndpointId;
    const groups = new DoorSecurityGroups(this, 'security-groups', { name, vpcId: network.vpcId, services, clustered });
    this.hostsGroupId = groups.hostsId;
    this.forwardersGroupId = groups.forwardersId;
  }
}
