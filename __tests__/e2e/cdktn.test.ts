import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differencesBetween, synthesizeUnderCdkTerrain } from '../../local/cdk-terrain';
import { synthesize } from '../../local/rehearsal/deployment';
import { readStacks } from '../../local/terraform/configuration';
import { project } from '../command-line';

describe('the sources under CDK Terrain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-cdktf-'));
  const home = join(project, '.rehearsal/cdk-terrain');
  const settings = join(project, 'settings/example.json');
  let other: string;
  beforeAll(async () => {
    await synthesize(folder, { ...process.env, SEARCHGATE_SETTINGS: settings });
    other = await synthesizeUnderCdkTerrain(home, settings);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('synthesize the same Terraform, stack by stack', () => {
    expect([...readStacks(other).keys()]).toEqual([...readStacks(folder).keys()]);
    expect(readFileSync(join(other, 'stacks/search/cdk.tf.json'), 'utf8')).toContain('hashicorp/aws');
    expect(differencesBetween(folder, other)).toEqual([]);
  });

  test('are renamed by the command of docs/cdktf-exit.md alone', () => {
    const [command] =
      /^ {4}grep .*\n.*\bsed .*$/m.exec(readFileSync(join(project, 'docs/cdktf-exit.md'), 'utf8')) ?? [];
    if (command === undefined) throw new Error('the page gives no such command');
    const copy = join(folder, 'renamed');
    mkdirSync(copy);
    for (const source of ['main.ts', 'stacks', 'patterns', 'constructs'])
      cpSync(join(project, source), join(copy, source), { recursive: true });
    execFileSync('bash', ['-c', command], { cwd: copy });
    const files = readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const text = (root: string) =>
      Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
    expect(text(copy)['main.ts']).toContain("'cdktn'");
    expect(text(copy)).toEqual(text(home));
  });

  test('would be told where a stack differed', () => {
    const changed = join(folder, 'changed');
    cpSync(join(other, 'stacks'), join(changed, 'stacks'), { recursive: true });
    const file = join(changed, 'stacks/network/cdk.tf.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"10.42.0.0/16"', '"10.43.0.0/16"'));
    expect(differencesBetween(folder, changed)).toEqual([
      'network .resource.aws_vpc.network_vpc.cidr_block: "10.42.0.0/16" / "10.43.0.0/16"',
    ]);
  });
});
