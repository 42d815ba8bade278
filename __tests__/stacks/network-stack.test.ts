import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import { Route } from '@cdktf/provider-aws/lib/route';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import example from '../../settings/example.json';
import { type Block, expression, services, synthesized } from '../synthesized';

const stack = synthesized().stack('network');
const id = (address: string) => expression(`${address}.id`);
const hosts = id('aws_security_group.security_groups_hosts');
const forwarders = id('aws_security_group.security_groups_forwarders');

/** Subnets as `kind zone block public`, in the order of their names. */
function subnets(of: Block): unknown[] {
  return Object.entries<Block>(of.all('aws_subnet')).map(([name, block]) => [
    name,
    block.availability_zone,
    block.cidr_block,
    block.map_public_ip_on_launch,
  ]);
}

describe('the VPC', () => {
  test('is one, with the addresses of the settings and names for its machines', () => {
    expect(stack.json).toHaveResourceWithProperties(Vpc, {
      cidr_block: '10.42.0.0/16',
      enable_dns_support: true,
      enable_dns_hostnames: true,
    });
    expect(Object.keys(stack.all('aws_vpc'))).toHaveLength(1);
  });

  test('has in each zone a public subnet for hosts and one for forwarders', () => {
    const block = (part: number) => expression(`cidrsubnet("10.42.0.0/16", 4, ${part})`);
    expect(subnets(stack)).toEqual([
      ['network_forwarder_subnet_0', 'us-east-1a', block(4), false],
      ['network_forwarder_subnet_1', 'us-east-1b', block(5), false],
      ['network_host_subnet_0', 'us-east-1a', block(0), true],
      ['network_host_subnet_1', 'us-east-1b', block(1), true],
    ]);
  });

  test('has room for a third zone, which moves nothing', () => {
    const three = synthesized({ network: { zones: [...example.network.zones, 'us-east-1c'] } }).stack('network');
    expect(Object.keys(three.all('aws_subnet'))).toHaveLength(6);
    expect(subnets(three)).toEqual(expect.arrayContaining(subnets(stack)));
    expect(three.resources).toMatchObject(stack.resources);
  });
});

describe('routes', () => {
  test('hosts reach the internet through the internet gateway, which is the only route there is', () => {
    expect(stack.json).toHaveResource(InternetGateway);
    expect(stack.json).toHaveResourceWithProperties(Route, {
      destination_cidr_block: '0.0.0.0/0',
      gateway_id: id('aws_internet_gateway.network_internet_gateway'),
      route_table_id: id('aws_route_table.network_host_routes'),
    });
    expect(Object.keys(stack.all('aws_route'))).toHaveLength(1);
    for (const table of Object.values(stack.all('aws_route_table'))) expect(table.route).toBeUndefined();
  });

  test('every subnet has its own kind of table: forwarders have no way out', () => {
    const associations = Object.values(stack.all('aws_route_table_association'));
    expect(associations.map(({ subnet_id, route_table_id }) => [subnet_id, route_table_id]).sort()).toEqual(
      [
        [id('aws_subnet.network_host_subnet_0'), id('aws_route_table.network_host_routes')],
        [id('aws_subnet.network_host_subnet_1'), id('aws_route_table.network_host_routes')],
        [id('aws_subnet.network_forwarder_subnet_0'), id('aws_route_table.network_forwarder_routes')],
        [id('aws_subnet.network_forwarder_subnet_1'), id('aws_route_table.network_forwarder_routes')],
      ].sort(),
    );
  });

  test('there is no NAT gateway and no elastic address to pay for; S3 is reached through a free endpoint', () => {
    expect(stack.json).not.toHaveResource(NatGateway);
    expect(Object.keys(stack.resources).filter((address) => /nat_gateway|eip|interface/.test(address))).toEqual([]);
    expect(stack.json).toHaveResourceWithProperties(VpcEndpoint, {
      vpc_endpoint_type: 'Gateway',
      service_name: 'com.amazonaws.us-east-1.s3',
    });
    expect(stack.only('aws_vpc_endpoint').route_table_ids).toHaveLength(2);
  });
});

describe('who may reach whom', () => {
  /** Rules as `group protocol from-to whom`, sorted. */
  const rules = (of: typeof stack, direction: 'ingress' | 'egress') =>
    Object.values(of.all(`aws_vpc_security_group_${direction}_rule`))
      .map(
        ({ security_group_id, ip_protocol, from_port, to_port, referenced_security_group_id, cidr_ipv4, ...rest }) => {
          expect(Object.keys(rest)).toEqual(['description']); // nobody else is named
          return [security_group_id, ip_protocol, from_port, to_port, referenced_security_group_id ?? cidr_ipv4].join(
            ' ',
          );
        },
      )
      .sort();

  test('hosts are reached by forwarders on the ports of the services, by nobody else', () => {
    expect(rules(stack, 'ingress')).toEqual([
      `${hosts} tcp 5601 5601 ${forwarders}`,
      `${hosts} tcp 9200 9200 ${forwarders}`,
    ]);
  });

  test('forwarders reach hosts on those ports and nothing else; hosts go out to HTTPS, DNS and NTP', () => {
    expect(rules(stack, 'egress')).toEqual(
      [
        `${forwarders} tcp 5601 5601 ${hosts}`,
        `${forwarders} tcp 9200 9200 ${hosts}`,
        `${hosts} tcp 443 443 0.0.0.0/0`,
        `${hosts} tcp 53 53 0.0.0.0/0`,
        `${hosts} udp 53 53 0.0.0.0/0`,
        `${hosts} udp 123 123 0.0.0.0/0`,
      ].sort(),
    );
  });

  test('rules are resources of their own: groups hold none, and the default group lets nobody talk', () => {
    const groups = [...Object.values(stack.all('aws_security_group')), stack.only('aws_default_security_group')];
    expect(groups).toHaveLength(3);
    for (const group of groups) {
      expect(group).not.toHaveProperty('ingress');
      expect(group).not.toHaveProperty('egress');
    }
  });

  test('a third service adds two rules and changes none', () => {
    const third = { name: 'files', origin: 'custom', port: 8080, allowedCidrs: ['198.51.100.0/24'] };
    const more = synthesized(services({}, third)).stack('network');
    expect(rules(more, 'ingress')).toContain(`${hosts} tcp 8080 8080 ${forwarders}`);
    expect(rules(more, 'egress')).toContain(`${forwarders} tcp 8080 8080 ${hosts}`);
    expect(Object.keys(more.resources)).toHaveLength(Object.keys(stack.resources).length + 2);
    expect(more.resources).toMatchObject(stack.resources);
  });

  test('a service on another port is reached there alone', () => {
    const moved = synthesized(services({ search: { port: 9443 } })).stack('network');
    expect(rules(moved, 'ingress')).toEqual([
      `${hosts} tcp 5601 5601 ${forwarders}`,
      `${hosts} tcp 9443 9443 ${forwarders}`,
    ]);
  });
});
