import type { App } from 'cdktf';
import { AddressPlan } from '../constructs/address-plan';
import { PrivateNetwork } from '../constructs/private-network';
import { Network } from '../patterns/network';
import type { Validation } from './input';
import { region, servicePorts, zones } from './inputs';
import { ModuleStack, refer } from './module-stack';
import type { Shape } from './shape';

/** The condition for a block of addresses, which the settings check in TypeScript. */
const cidr = {
  condition: 'can(cidrhost(var.cidr, 0)) && can(regex("/(1[6-9]|2[0-4])$", var.cidr))',
  message: 'cidr is ${jsonencode(var.cidr)}; allowed: an IPv4 block from /16 to /24, such as 10.42.0.0/16.',
};

/** That a list of the VPC that is passed in has one entry for each zone or node. */
function given(list: string, count: number, each: string): Validation {
  return {
    condition: `var.existing_vpc == null ? true : length(var.existing_vpc.${list}) == ${count}`,
    message: `existing_vpc.${list} has \${try(length(var.existing_vpc.${list}), 0)} entries; this module is made for ${count}, one ${each}.`,
  };
}

/** The VPC and who may reach whom in it; a VPC that is there already can be passed in. */
export class NetworkModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(app, 'network', 'The VPC with its subnets, routes and security groups. An existing VPC can be passed in.');
    this.inputs.push(region, servicePorts(shape));
    this.setting('cidr', 'network.cidr', { validations: [cidr] });
    zones(this.inputs, shape);
    this.existing(
      'existing_vpc',
      {
        vpc_id: 'string',
        host_subnet_ids: 'list(string)',
        forwarder_subnet_ids: 'list(string)',
        s3_endpoint_id: 'string',
        node_addresses: 'list(string)',
      },
      'A VPC to use instead of making one: a subnet for hosts (public, used by nothing else) and one for forwarders in each zone, a gateway endpoint for S3 in their route tables, and the fixed address of each node',
      [
        given('host_subnet_ids', shape.zones, 'a zone'),
        given('forwarder_subnet_ids', shape.zones, 'a zone'),
        given('node_addresses', shape.nodes, 'a node'),
      ],
    );
    const vpc = this.madeUnless('existing_vpc', 'vpc', {
      name: 'var.name',
      tags: 'var.tags',
      region: 'var.region',
      cidr: 'var.cidr',
      zones: 'var.zones',
    });
    const groups = new Network(this, 'Default', {
      name: this.name,
      vpc: {
        vpcId: this.text(vpc('vpc_id')),
        hostSubnetIds: this.texts(vpc('host_subnet_ids')),
        forwarderSubnetIds: this.texts(vpc('forwarder_subnet_ids')),
        s3EndpointId: this.text(vpc('s3_endpoint_id')),
      },
      clustered: shape.nodes > 1,
      services: shape.services.map(({ name }) => ({ name, port: this.number(`var.ports.${name}`) })),
    });
    this.output('vpc_id', 'The VPC', groups.vpcId);
    this.output('host_subnet_ids', 'The subnets of the hosts, one a zone', refer(vpc('host_subnet_ids')));
    this.output('forwarder_subnet_ids', 'The subnets of the forwarders', refer(vpc('forwarder_subnet_ids')));
    this.output('s3_endpoint_id', 'The gateway endpoint for S3', groups.s3EndpointId);
    this.output('hosts_group_id', 'The security group of the hosts', groups.hostsGroupId);
    this.output('forwarders_group_id', 'The security group of the forwarders', groups.forwardersGroupId);
    const plan = new AddressPlan(this.text('var.cidr')).nodeAddresses(shape.nodes, shape.zones);
    this.output('node_addresses', 'The fixed address of each node', [
      ...plan.map((address, node) =>
        this.text(`var.existing_vpc == null ? ${inner(this, address)} : var.existing_vpc.node_addresses[${node}]`),
      ),
    ]);
  }
}

/** An expression as part of another one. */
function inner(stack: ModuleStack, value: string): string {
  return String(stack.resolve(value)).replace(/^\$\{(.*)\}$/, '$1');
}

/** The VPC by itself, which the network module calls where none is given. */
export class VpcModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(app, 'network/vpc', 'The VPC of the network module.');
    this.inputs.push(region);
    this.setting('cidr', 'network.cidr', { validations: [cidr] });
    const zoneNames = zones(this.inputs, shape).map((each) => this.text(each));
    const network = new PrivateNetwork(this, 'Default', {
      name: this.name,
      cidr: this.text('var.cidr'),
      zones: zoneNames,
      region: this.text('var.region'),
    });
    this.output('vpc_id', 'The VPC', network.vpcId);
    this.output('host_subnet_ids', 'The subnets of the hosts, one a zone', [...network.hostSubnetIds]);
    this.output('forwarder_subnet_ids', 'The subnets of the forwarders', [...network.forwarderSubnetIds]);
    this.output('s3_endpoint_id', 'The gateway endpoint for S3', network.s3EndpointId);
  }
}
