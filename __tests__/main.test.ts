import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import example from '../settings/example.json';
import { type Ended, project, run, runScript } from './command-line';

const folder = mkdtempSync(join(tmpdir(), 'searchgate-main-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wrong: Record<string, { content?: string; says: RegExp }> = {
  'missing.json': { says: /missing\.json: 1 mistake\n\n {2}SEARCHGATE_SETTINGS\n/ },
  'cut.json': { content: '{"name": ', says: /cut\.json: 1 mistake\n\n {2}\(the whole file\)\n {4}allowed: JSON \(/ },
  'mistakes.json': {
    content: JSON.stringify({ ...example, regoin: 'here', services: [] }),
    says: /mistakes\.json: 2 mistakes\n\n {2}services\n.* {2}regoin\n.*did you mean region\?/s,
  },
};

function settingsFile(name: string): string {
  const file = join(folder, name);
  const content = wrong[name]?.content;
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

function expectPlainRefusal({ code, stdout, stderr }: Ended, says: RegExp): void {
  expect(code).toBe(1);
  expect(stderr).toMatch(says);
  expect(`${stdout}${stderr}`).not.toMatch(/^\s+at .*:\d+/m); // no stack trace
  expect(`${stdout}${stderr}`).not.toMatch(/\w+Error/);
}

describe('the app, as `cdktf` starts it', () => {
  test.each(Object.entries(wrong))(
    'with %s ends with 1, says why, and shows no stack trace',
    async (name, { says }) => {
      const env = {
        SEARCHGATE_SETTINGS: settingsFile(name),
        CDKTF_OUTDIR: join(folder, name.replace('.json', '-out')),
      };
      expectPlainRefusal(await runScript('main.ts', [], { env }), says);
    },
  );

  test('writes every stack but the state bucket, which has to be there before, and starts fast', async () => {
    const outdir = join(folder, 'out');
    const { code, stderr, seconds } = await runScript('main.ts', [], { env: { CDKTF_OUTDIR: outdir } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const stacks = readdirSync(join(outdir, 'stacks'));
    expect(stacks).toEqual(
      expect.arrayContaining(['account', 'certificates', 'host', 'kibana', 'network', 'search', 'storage']),
    );
    expect(stacks).not.toContain('state');
    process.stdout.write(`the app, from start to end: ${seconds.toFixed(2)} s\n`);
  });

  test('warns of a door that is open to everybody, and goes on', async () => {
    const open = example.services.map((service) => ({ ...service, allowedCidrs: ['0.0.0.0/0'], wake: false }));
    const file = join(folder, 'open.json');
    writeFileSync(file, JSON.stringify({ ...example, services: open }));
    const env = { SEARCHGATE_SETTINGS: file, CDKTF_OUTDIR: join(folder, 'open') };
    const { code, stderr } = await runScript('main.ts', [], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: services\[0\]\.allowedCidrs: 0\.0\.0\.0\/0 opens search to the whole internet$/m);
    expect(stderr).toMatch(/^warning: services\[1\]\.allowedCidrs: 0\.0\.0\.0\/0 opens kibana to the whole internet$/m);
  });
});

describe('npm run synth', () => {
  const never = join(folder, 'never');

  test.each(Object.entries(wrong))(
    'with %s ends with 1, says why, and shows no stack trace',
    async (name, { says }) => {
      const env = { SEARCHGATE_SETTINGS: settingsFile(name) };
      expectPlainRefusal(await runScript('commands/synth.ts', ['--output', never], { env }), says);
      expect(readdirSync(folder)).not.toContain('never');
    },
  );

  test('ends with 1 through npm too', async () => {
    const env = { SEARCHGATE_SETTINGS: settingsFile('mistakes.json') };
    const ended = await run('npm', ['run', 'synth', '--', '--output', never], { env });
    expectPlainRefusal(ended, /mistakes\.json: 2 mistakes/);
  });
});

describe('the lint rule for imports', () => {
  const lint = (source: string) => {
    writeFileSync(join(folder, 'probe.ts'), source);
    const biome = require.resolve('@biomejs/biome/bin/biome');
    // The project's own rules; what its .gitignore leaves out is no matter here.
    const flags = [`--config-path=${project}`, '--vcs-enabled=false'];
    return run(process.execPath, [biome, 'lint', ...flags, 'probe.ts'], { cwd: folder });
  };

  test.each(['@cdktf/provider-aws', '@cdktf/provider-tls'])(
    'refuses %s as a whole, and says what it costs or what to do',
    async (name) => {
      const { code, stderr } = await lint(`import { something } from '${name}';\n\nexport const used = something;\n`);
      expect(code).not.toBe(0);
      expect(stderr).toContain('noRestrictedImports');
      expect(stderr).toContain('by its path');
    },
  );

  test('takes a resource by its path', async () => {
    const { code, stderr } = await lint(
      "import { Vpc } from '@cdktf/provider-aws/lib/vpc';\n\nexport const used = Vpc;\n",
    );
    expect({ code, restricted: stderr.includes('noRestrictedImports') }).toEqual({ code: 0, restricted: false });
  });
});
