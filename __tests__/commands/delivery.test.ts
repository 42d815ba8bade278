import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from '../command-line';
import { changed, planOf } from '../plan-review/plans';

const folder = mkdtempSync(join(tmpdir(), 'searchgate-delivery-'));
const [synth, reviewed, output] = ['synth', 'reviewed', 'plans'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
const { plan } = planOf('network', [changed('aws_vpc.vpc', null, { cidr_block: '10.0.0.0/16' })]);

beforeAll(() => {
  mkdirSync(join(synth, 'stacks', 'network'), { recursive: true });
  writeFileSync(join(synth, 'manifest.json'), JSON.stringify({ stacks: { network: { dependencies: [] } } }));
  writeFileSync(join(synth, 'stacks', 'network', 'cdk.tf.json'), '{}');
  mkdirSync(reviewed);
  writeFileSync(join(reviewed, 'network.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  // a stand-in for Terraform that does nothing, shows one plan, and fails where it is told to
  const script = `#!/bin/sh
[ "$1" != "$FAILS_AT" ] || { echo "Error: $1 is refused" >&2; exit 1; }
[ "$1" != show ] || cat "${join(folder, 'plan.json')}"
`;
  writeFileSync(join(folder, 'terraform'), script);
  chmodSync(join(folder, 'terraform'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (name: string, parameters: string[], failsAt: string) =>
  runScript(`commands/${name}.ts`, ['--synth', synth, '--output', output, ...parameters], {
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      FAILS_AT: failsAt,
      AWS_ENDPOINT_URL: undefined,
      SEARCHGATE_SETTINGS: undefined,
    },
  });
const deploy = (failsAt: string, plans = reviewed) => command('deploy-reviewed', ['--reviewed', plans], failsAt);

test('npm run plan ends with what Terraform said, without a stack trace, where a plan cannot be read', async () => {
  expect(await command('plan', [], 'nothing')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 create') });
  const { code, stderr } = await command('plan', [], 'show');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^terraform show ended with 1 \(all of it in \S+terraform\.log\):\nError: show is refused\n$/);
});

test('npm run deploy-reviewed ends with what Terraform said, without a stack trace, where it plans or applies in vain', async () => {
  expect(await deploy('nothing')).toMatchObject({ code: 0, stdout: '  network: applied\n' });
  for (const verb of ['plan', 'apply']) {
    const { code, stderr } = await deploy(verb);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^terraform ${verb} ended with 1 \\(all of it in \\S+\\):\nError: ${verb} is refused\n$`),
    );
  }
});

test('npm run deploy-reviewed names a reviewed plan that it cannot read', async () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'network.json'), 'no plan');
  const { code, stderr } = await deploy('nothing', broken);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^\S+broken\/network\.json: no JSON; [^\n]*\n$/);
});
