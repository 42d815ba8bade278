import { parse } from 'yaml';
import { describeWith } from '../requirements';
import { standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

const addresses = '10.42.0.10,10.42.16.10,10.42.32.10';

describeWith(['python'], 'what a node is told of its cluster', () => {
  let host: TrialHost;
  afterEach(() => host.remove());

  /** The part of elasticsearch.yml of a host. */
  function told(settings: ConstructorParameters<typeof TrialHost>[1], given: Record<string, string> = {}) {
    host = new TrialHost(undefined, { SEED_ADDRESSES: addresses, ...settings });
    standInForParameters(host, given);
    return written();
  }
  function written() {
    const { code, output } = host.run('cluster');
    expect(code).toBe(0);
    return parse(output) as Record<string, unknown>;
  }

  test('a single node forms no cluster and its transport stays on the loopback', () => {
    expect(told({ SEED_ADDRESSES: '' })).toEqual({
      'discovery.type': 'single-node',
      'transport.host': '_local_',
      'xpack.security.transport.ssl.enabled': false,
    });
    expect(host.calls.filter((call) => call.startsWith('aws'))).toEqual([]);
  });

  test('a node finds the others by address, checks who they are, and knows its zone', () => {
    expect(told({ NODE: 'node-1', PRIVATE_ADDRESS: '10.42.16.10', ZONE: 'us-east-1b' })).toEqual({
      'discovery.seed_hosts': addresses.split(','),
      'transport.host': '10.42.16.10',
      'node.attr.zone': 'us-east-1b',
      'cluster.routing.allocation.awareness.attributes': 'zone',
      'xpack.security.transport.ssl.enabled': true,
      'xpack.security.transport.ssl.verification_mode': 'full',
      'xpack.security.transport.ssl.certificate_authorities': ['certs/ca.crt'],
      'xpack.security.transport.ssl.certificate': 'certs/transport.crt',
      'xpack.security.transport.ssl.key': 'certs/transport.key',
    });
  });

  const initial = 'cluster.initial_master_nodes';

  test('the first node forms the cluster, on a volume without data', () => {
    expect(told({})).toMatchObject({ [initial]: ['node-0'] });
    host.write('srv/searchgate/elasticsearch/_state/manifest.st', '');
    expect(written()).not.toHaveProperty([initial]);
  });

  test('a dedicated master is nothing else, and one that holds shards is not made one', () => {
    expect(told({ NODE: 'node-1' })).not.toHaveProperty(['node.roles']);
    expect(told({ NODE: 'node-1', NODE_ROLES: 'master' })).toMatchObject({ 'node.roles': ['master'] });
    host.write('srv/searchgate/elasticsearch/indices/q7Z/0/index/segments_1', '');
    expect(host.run('cluster')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(/^node-1 holds shards, .* \(host\.masters\), move them away, see docs\/scale\.md$/),
    });
  });

  test('no other one does, whatever it finds', () => {
    expect(told({ NODE: 'node-1' })).not.toHaveProperty([initial]);
  });

  test('nor does the first node once one was formed: its volume is new, the cluster is not', () => {
    expect(told({}, { 'secrets/cluster-id': 'q7Z' })).not.toHaveProperty([initial]);
  });

  test('nor where Systems Manager does not tell: that is tried again', () => {
    told({});
    host.replace('aws', 'echo "An error occurred (ThrottlingException)" >&2; exit 254');
    expect(host.run('cluster')).toMatchObject({ code: 1, reason: expect.stringMatching(/does not tell whether/) });
  });

  test('that a cluster was formed is kept by the first node, once', () => {
    told({});
    host.replace('curl', 'printf \'{\\n  "cluster_uuid" : "q7Z"\\n}\'');
    host.write('run/searchgate/health.netrc', '');
    expect(host.run('cluster formed').code).toBe(0);
    expect(host.read('parameters/secrets/cluster-id')).toBe('q7Z');
    host.forgetCalls();
    host.run('cluster formed');
    expect(host.calls).toEqual([]);
  });

  test('a cluster that does not tell its id is no cluster yet', () => {
    told({});
    host.replace('curl', 'printf "{}"');
    expect(host.run('cluster formed')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/does not tell the id/),
    });
    expect(host.has('parameters/secrets/cluster-id')).toBe(false);
  });
});
