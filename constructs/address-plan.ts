import { Fn } from 'cdktf';

/**
 * Which addresses of the VPC are whose. The block is cut into sixteen equal parts: 0 to 2 hold the hosts of three zones, 4 to 6
 * their forwarders, the rest is free. A zone that joins later, or a host that is added, moves nothing.
 *
 * All results are Terraform expressions, so the block may be a token.
 */
export class AddressPlan {
  /** @param cidr the VPC's IPv4 block, /16 to /24 */
  constructor(readonly cidr: string) {}

  /** The block of the subnet that holds the hosts of one zone (0 to 2), and nothing else. */
  hostSubnet(zone: number): string {
    return Fn.cidrsubnet(this.cidr, 4, zone);
  }

  /** The block of the subnet that holds the forwarders of one zone (0 to 2). */
  forwarderSubnet(zone: number): string {
    return Fn.cidrsubnet(this.cidr, 4, 4 + zone);
  }

  /**
   * The fixed address of a node. Nodes take the zones in turn, from the tenth address of the zone's subnet on: AWS keeps the
   * first four and the last.
   *
   * @param node 0 for the first
   * @param zones how many zones are used
   */
  nodeAddress(node: number, zones: number): string {
    return Fn.cidrhost(this.hostSubnet(node % zones), 10 + Math.floor(node / zones));
  }

  /** The fixed address of each of some nodes. */
  nodeAddresses(nodes: number, zones: number): string[] {
    return Array.from({ length: nodes }, (_, node) => this.nodeAddress(node, zones));
  }
}
