import { App } from 'cdktf';
import fc from 'fast-check';
import { PrivateBucket } from '../../constructs/private-bucket';
import { readSettings, SettingsError } from '../../settings';
import example from '../../settings/example.json';
import { addDeployment } from '../../stacks/deployment';
import { StateStack } from '../../stacks/state-stack';
import { outputFolder } from '../empty-stack';
import { services, synthesized } from '../synthesized';

const third = { name: 'files', origin: 'custom', port: 8080, allowedCidrs: ['198.51.100.0/24'] };
const everything = synthesized({
  ...services({}, third),
  alarms: { email: 'somebody@example.com' },
  tags: { team: 'search', 'searchgate:name': 'not this' },
});

test('the stacks are those of the architecture, and one for each service', () => {
  expect(Object.keys(everything.stacks)).toEqual(
    expect.arrayContaining([
      'account',
      'certificates',
      'files',
      'host',
      'kibana',
      'network',
      'search',
      'state',
      'storage',
    ]),
  );
  expect(Object.keys(everything.stacks)).toHaveLength(Object.keys(synthesized().stacks).length + 1);
});

describe.each(Object.entries(everything.stacks))('the stack %s', (name, stack) => {
  test('keeps its state in the bucket, encrypted, under a key of its own, locked by a file beside it', () => {
    expect(stack.document.terraform.backend).toEqual({
      s3: {
        bucket: 'searchgate-state-example-com',
        key: `searchgate/searchgate/${name}.tfstate`,
        region: 'us-east-1',
        encrypt: true,
        use_lockfile: true,
      },
    });
    expect(stack.document.terraform.required_version).toBe('>= 1.10.0'); // the first with lock files
  });

  test('tags everything with deployment and stack, and with the tags of the settings, which cannot replace them', () => {
    expect(stack.document.provider.aws[0].default_tags).toEqual([
      { tags: { team: 'search', 'searchgate:name': 'searchgate', 'searchgate:stack': name } },
    ]);
  });

  test('has addresses that a person can type: no hash of CDKTF in any', () => {
    for (const address of Object.keys(stack.resources)) {
      expect(address).toMatch(/^[a-z0-9_]+\.[a-z0-9_]+$/);
      expect(address).not.toMatch(/_[0-9A-F]{8}$/);
    }
  });

  test('reads the state of no stack that holds private keys', () => {
    const read = Object.values<{ config: { key: string } }>(stack.document.data?.terraform_remote_state ?? {});
    const keys = read.map(({ config }) => config.key);
    expect(keys).not.toContain('searchgate/searchgate/certificates.tfstate');
    if (['host', 'search', 'kibana', 'files'].includes(name)) {
      expect(keys).toContain('searchgate/searchgate/network.tfstate');
    }
  });
});

test('no stack hands out private keys: the certificates stack has no outputs at all', () => {
  expect(everything.stack('certificates').document.output).toBeUndefined();
  expect(everything.stack('network').document.output).toBeDefined();
});

test('certificates come before those who read their parameters; storage, network and certificates depend on nothing', () => {
  const after = (name: string) => [...(everything.manifest.stacks[name]?.dependencies ?? ['no such stack'])].sort();
  expect(after('storage')).toEqual([]);
  expect(after('network')).toEqual([]);
  expect(after('certificates')).toEqual([]);
  expect(after('account')).toEqual([]);
  expect(after('host')).toEqual(['account', 'certificates', 'network', 'storage']);
  for (const service of ['search', 'kibana', 'files']) {
    expect(after(service)).toEqual(expect.arrayContaining(['account', 'certificates', 'network']));
    for (const other of ['host', 'storage', 'search', 'kibana', 'files']) expect(after(service)).not.toContain(other);
  }
});

test('an account that has the logging role already waits for nothing', () => {
  const { manifest } = synthesized({ account: { apiGatewayLoggingRole: false } });
  expect(manifest.stacks.search?.dependencies).toContain('network');
  expect(manifest.stacks.search?.dependencies).not.toContain('account');
});

test('two constructs that would share an address stop the synth, with both paths', () => {
  const { settings } = readSettings(example);
  const stack = new StateStack(new App({ outdir: outputFolder() }), 'state', settings);
  new PrivateBucket(stack, 'a.b', { bucketName: 'one', oldVersionDays: 1 });
  expect(() => new PrivateBucket(stack, 'a-b', { bucketName: 'two', oldVersionDays: 1 })).toThrow(
    'state/a-b/bucket and state/a.b/bucket would both be a_b_bucket in Terraform: rename one',
  );
});

describe('settings that are accepted can be synthesized', () => {
  const folder = outputFolder();

  /** Names and paths that something in the stacks is called by, and shapes that are easy to mix up. */
  const name = fc.constantFrom(
    ...[
      'authority',
      'aws',
      'tls',
      'node-0',
      'node-1',
      'ca',
      'zone',
      'url',
      'gateway',
      'forwarder',
      'a',
      'a-b',
      'a-b-key',
    ],
  );
  const path = fc.constantFrom(
    '/proxy',
    '/root',
    '/a',
    '/a-proxy',
    '/a-preflight',
    '/a.b',
    '/a-b',
    '/_search',
    '/.kibana',
    '/A',
  );
  const service = fc.record({
    name,
    origin: fc.constant('custom'),
    port: fc.integer({ min: 8000, max: 8002 }),
    allowedCidrs: fc.constantFrom(['10.0.0.0/8'], ['2001:db8::/32']),
    requireAuthorization: fc.boolean(),
    allowPreflight: fc.boolean(),
    response: fc.constant('buffered'),
    cache: fc.record({ size: fc.constant(0.5), paths: fc.uniqueArray(path, { minLength: 1, maxLength: 3 }) }),
  });

  test('or are refused with every mistake; never is there a stack trace', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 2 }), (further) => {
        try {
          const { settings } = readSettings({ ...example, services: [...example.services, ...further] });
          addDeployment(new App({ outdir: folder }), settings);
          accepted++;
        } catch (error) {
          if (!(error instanceof SettingsError)) throw error;
        }
      }),
      { numRuns: 25, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(10);
  });
});
