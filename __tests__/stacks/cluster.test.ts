import { type Block, expression, type SynthesizedDeployment, type SynthesizedStack, synthesized } from '../synthesized';

const network = { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] };
const one = synthesized({ network });
const three = synthesized({ network, host: { nodes: 3 } });
const five = synthesized({ network, host: { nodes: 5 } });
const stackNames = ['network', 'certificates', 'storage', 'host', 'power', 'search', 'kibana'];

const userData = (deployment: SynthesizedDeployment, node: number): string =>
  deployment.stack('host').document.locals[`node_${node}_user_data_cloud_config`];
const variable = (text: string, name: string) => new RegExp(`^ *${name}='(.*)'$`, 'm').exec(text)?.[1];

/** Resources that are in both, and differ. */
function changed(before: SynthesizedStack, after: SynthesizedStack): string[] {
  const now = after.resources;
  return Object.entries(before.resources)
    .filter(([address, block]) => JSON.stringify(now[address]) !== JSON.stringify(block))
    .map(([address]) => address);
}

describe('a cluster of three', () => {
  test('has a host and a volume a zone, each in the zone of its subnet', () => {
    const zones = Object.values<Block>(three.stack('storage').all('aws_ebs_volume')).map(
      ({ availability_zone }) => availability_zone,
    );
    expect(zones).toEqual(network.zones);
    const addresses = Object.values<Block>(three.stack('host').all('aws_instance')).map(({ private_ip }) => private_ip);
    expect(addresses).toEqual(
      [0, 1, 2].map((zone) => expression(`cidrhost(cidrsubnet("10.42.0.0/16", 4, ${zone}), 10)`)),
    );
    expect([0, 1, 2].map((node) => variable(userData(three, node), 'ZONE'))).toEqual(network.zones);
  });

  test('has every address in the forwarders, and everything of a single node beside', () => {
    for (const name of ['search', 'kibana']) {
      const { ORIGIN_ADDRESSES: addresses } = three.stack(name).only('aws_lambda_function').environment.variables;
      for (const zone of [0, 1, 2]) expect(addresses).toContain(`cidrsubnet("10.42.0.0/16", 4, ${zone})`);
    }
    for (const name of stackNames) {
      const grown = Object.keys(three.stack(name).resources);
      expect(grown).toEqual(expect.arrayContaining(Object.keys(one.stack(name).resources)));
    }
  });

  test('opens the transport between hosts, and to nobody else', () => {
    const transport = (deployment: SynthesizedDeployment) =>
      Object.entries(deployment.stack('network').resources).filter(([, { from_port }]) => from_port === 9300);
    expect(transport(one)).toEqual([]);
    const hosts = expression('aws_security_group.security_groups_hosts.id');
    expect(transport(three).map(([address]) => address)).toEqual([
      'aws_vpc_security_group_egress_rule.security_groups_hosts_to_hosts',
      'aws_vpc_security_group_ingress_rule.security_groups_hosts_from_hosts',
    ]);
    for (const [, rule] of transport(three))
      expect(rule).toMatchObject({ security_group_id: hosts, referenced_security_group_id: hosts, to_port: 9300 });
  });

  test('gives each node a certificate for the transport, which alone may be shown by a client', () => {
    const uses = Object.entries<Block>(three.stack('certificates').all('tls_locally_signed_cert')).map(
      ([name, { allowed_uses }]) => [name, allowed_uses.includes('client_auth')],
    );
    expect(Object.fromEntries(uses)).toEqual({
      server_kibana_certificate: false,
      ...Object.fromEntries(
        [0, 1, 2].flatMap((node) => [
          [`server_node_${node}_certificate`, false],
          [`server_node_${node}_transport_certificate`, true],
        ]),
      ),
    });
    const names = Object.values<Block>(three.stack('certificates').all('aws_ssm_parameter')).map(({ name }) => name);
    expect(names).toContain('/searchgate/certificates/node-2-transport/key');
    expect(Object.keys(one.stack('certificates').resources).join()).not.toContain('transport');
  });

  test('is told of once, not by every node: when it is red, when copies are missing for long, and when no snapshot was made', () => {
    const told = (nodes: number) =>
      Object.values<Block>(
        synthesized({ network, host: { nodes }, alarms: { email: 'you@example.com' } })
          .stack('host')
          .all('aws_cloudwatch_metric_alarm'),
      );
    const ofCluster = told(3).filter(({ metric_name }) => metric_name === 'ClusterState');
    expect(ofCluster).toEqual([
      expect.objectContaining({ alarm_name: 'searchgate-cluster-copies', threshold: 1, evaluation_periods: 3 }),
      expect.objectContaining({ alarm_name: 'searchgate-cluster-red', threshold: 2, evaluation_periods: 1 }),
    ]);
    for (const alarm of ofCluster)
      expect(alarm).toMatchObject({
        namespace: 'Searchgate/searchgate',
        statistic: 'Maximum',
        treat_missing_data: 'notBreaching',
      });
    for (const alarm of ofCluster) expect(alarm).not.toHaveProperty('dimensions');
    const snapshots = told(3).filter(({ metric_name }) => metric_name === 'AwakeSecondsSinceSnapshot');
    expect(snapshots.map(({ alarm_name }) => alarm_name)).toEqual(['searchgate-node-0-snapshot']);
    expect(told(3)).toHaveLength(3 * 3 + 1 + 2);
    expect(told(1)).toHaveLength(3 + 1);
  });

  test('is in one snapshot, which the first node takes', () => {
    expect([0, 1, 2].map((node) => variable(userData(three, node), 'SNAPSHOT_HOURS'))).toEqual([
      variable(userData(one, 0), 'SNAPSHOT_HOURS'),
      '0',
      '0',
    ]);
    expect(variable(userData(one, 0), 'SNAPSHOT_HOURS')).not.toBe('0');
  });
});

describe('growing', () => {
  test('with dedicated masters sends requests to the nodes that hold data, and tells every node what it is', () => {
    const dedicated = synthesized({ network, host: { nodes: 5, masters: 'dedicated' } });
    const roles = [0, 1, 2, 3, 4].map((node) => variable(userData(dedicated, node), 'NODE_ROLES'));
    expect(roles.slice(0, 3)).toEqual(['master', 'master', 'master']);
    for (const role of roles.slice(3)) expect(role).toMatch(/^data, (?!.*master)/);
    const addresses = (name: string) =>
      String(dedicated.stack(name).only('aws_lambda_function').environment.variables.ORIGIN_ADDRESSES);
    expect(addresses('search').match(/cidrhost/g)).toHaveLength(2);
    expect(addresses('kibana').match(/cidrhost/g)).toHaveLength(5);
    expect([0, 4].map((node) => variable(userData(five, node), 'NODE_ROLES'))).toEqual(['', '']);
  });

  test('has Kibana on the first node alone where the settings say so, and its door asks no other', () => {
    const first = synthesized({ network, host: { nodes: 3, kibana: 'first' } });
    expect([0, 1, 2].map((node) => variable(userData(first, node), 'KIBANA'))).toEqual(['true', 'false', 'false']);
    expect([0, 1, 2].map((node) => variable(userData(three, node), 'KIBANA'))).toEqual(['true', 'true', 'true']);
    const addresses = (name: string) =>
      String(first.stack(name).only('aws_lambda_function').environment.variables.ORIGIN_ADDRESSES);
    expect(addresses('search').match(/cidrhost/g)).toHaveLength(3);
    expect(addresses('kibana').match(/cidrhost/g)).toHaveLength(1);
  });

  test('from one node replaces the host of the first, whose volume and certificate stay as they are', () => {
    expect(variable(userData(one, 0), 'SEED_ADDRESSES')).toBe('');
    expect(variable(userData(three, 0), 'SEED_ADDRESSES')).not.toBe('');
    expect(changed(one.stack('storage'), three.stack('storage'))).toEqual([]);
    expect(changed(one.stack('network'), three.stack('network'))).toEqual([]);
    expect(changed(one.stack('certificates'), three.stack('certificates'))).toEqual([
      'tls_cert_request.server_kibana_request', // carries the addresses of all
    ]);
  });

  test('from three to five touches none that is there', () => {
    for (const node of [0, 1, 2]) expect(userData(five, node)).toBe(userData(three, node));
    for (const name of ['storage', 'network', 'host']) expect(changed(three.stack(name), five.stack(name))).toEqual([]);
    expect(Object.keys(five.stack('host').all('aws_instance'))).toHaveLength(5);
    expect(variable(userData(five, 4), 'ZONE')).toBe('us-east-1b');
  });
});
