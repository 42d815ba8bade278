import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputReader, type StackProgress, stacksInOrder } from '../../../local/terraform/cdktf';

describe('what cdktf prints', () => {
  const lines = [
    'network  Initializing the backend...',
    'account  Initializing the backend...',
    '',
    '2 Stacks deploying     0 Stacks done     0 Stacks waiting',
    'network  aws_vpc.vpc (vpc): Creation complete after 10s [id=vpc-1]',
    '         aws_subnet.a (a): Creation complete after 0s [id=subnet-1]',
    'account  aws_iam_role.role (role): Creation complete after 0s [id=role]',
    'network  Apply complete! Resources: 2 added, 0 changed, 0 destroyed.',
    'account  Error: creating something: it said no',
    '           with aws_iam_role.role (role),',
    'Invoking Terraform CLI failed with exit code 1',
  ];

  it('tells of every stack how far it has come, also on lines that go on without its name', () => {
    const heard: StackProgress[] = [];
    const reader = new OutputReader(['network', 'account'], (progress) => heard.push(progress));
    for (const line of lines) reader.read(line);
    const last = (stack: string) => heard.filter((each) => each.stack === stack).at(-1);
    expect(last('network')).toMatchObject({ resources: 2, result: '2 added, 0 changed, 0 destroyed' });
    expect(last('account')).toMatchObject({ resources: 1 });
    expect(reader.results).toEqual(new Map([['network', '2 added, 0 changed, 0 destroyed']]));
  });

  it('gives Terraform’s own words on what went wrong, not what went well before', () => {
    const reader = new OutputReader(['network', 'account']);
    for (const line of lines) reader.read(line);
    expect(reader.errors().split('\n')).toEqual(lines.slice(-3));
  });
});

describe('the order of stacks', () => {
  it('has every stack after those that it depends on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
    const stack = (...dependencies: string[]) => ({ dependencies });
    const stacks = {
      search: stack('network', 'account'),
      host: stack('storage', 'network'),
      network: stack(),
      storage: stack(),
      account: stack(),
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ stacks }));
    const ordered = stacksInOrder(folder);
    rmSync(folder, { recursive: true });
    expect([...ordered].sort()).toEqual(Object.keys(stacks).sort());
    for (const [name, { dependencies }] of Object.entries(stacks)) {
      for (const dependency of dependencies) expect(ordered.indexOf(dependency)).toBeLessThan(ordered.indexOf(name));
    }
  });
});
