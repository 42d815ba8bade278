import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { unzipSync } from 'fflate';
import { project, run, runScript } from '../command-line';

const folder = mkdtempSync(join(tmpdir(), 'searchgate-synth-'));
const temporary = join(folder, 'temporary');
const home = join(folder, 'project');
const elsewhere = join(folder, 'a copy, elsewhere');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every file below a folder, by its path. */
function files(root: string): Record<string, Buffer> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.sort().map((path) => [relative(root, path), readFileSync(path)]));
}

const digests = (root: string) =>
  Object.fromEntries(
    Object.entries(files(root)).map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')]),
  );

const output = (name: string) => join(folder, 'out', name);
const said: Record<string, string> = {};

/** One synth, of one of two copies of the project, under a umask and an environment of its own. */
async function synth(name: string, cwd: string, umask: string, env: NodeJS.ProcessEnv): Promise<void> {
  const command = `umask ${umask} && npm run synth -- --output "$OUTPUT"`;
  const { code, stdout, stderr } = await run('sh', ['-c', command], { cwd, env: { ...env, OUTPUT: output(name) } });
  said[name] = stdout;
  if (code !== 0) throw new Error(stdout + stderr);
}

beforeAll(async () => {
  mkdirSync(temporary);
  const left = ['node_modules', '.git', '.rehearsal', 'cdktf.out', 'dist', 'coverage', '__tests__', 'local', 'bench'];
  for (const name of readdirSync(project).filter((entry) => !left.includes(entry))) {
    cpSync(join(project, name), join(home, name), { recursive: true });
  }
  cpSync(home, elsewhere, { recursive: true });
  for (const copy of [home, elsewhere]) symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  await Promise.all([
    synth('first', home, '022', { TZ: 'UTC', LANG: 'C.UTF-8', TMPDIR: temporary }),
    synth('elsewhere', elsewhere, '077', { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }),
  ]);
}, 60_000);

describe('npm run synth', () => {
  test('writes each stack and its zip, and lists them', () => {
    const paths = Object.keys(files(output('first')));
    for (const stack of ['account', 'certificates', 'host', 'kibana', 'network', 'search', 'storage']) {
      expect(paths).toContain(`stacks/${stack}/cdk.tf.json`);
      expect(said.first).toMatch(new RegExp(`^ {2}${stack} +\\d+ resources$`, 'm'));
    }
    expect(paths.filter((path) => /^stacks\/(search|kibana)\/.*\.zip$/.test(path))).toHaveLength(2);
  });

  test('a second time gives the same bytes, file by file', async () => {
    const before = digests(output('first'));
    await synth('first', home, '022', { TZ: 'America/St_Johns', LANG: 'C' });
    expect(digests(output('first'))).toEqual(before);
  });

  test('gives the same bytes from another folder with a space in its path, under another umask, clock and language', () => {
    expect(digests(output('elsewhere'))).toEqual(digests(output('first')));
  });

  test('gives what `cdktf` gets from main.ts', async () => {
    mkdirSync(output('main'));
    const { code } = await runScript('main.ts', [], { cwd: home, env: { CDKTF_OUTDIR: output('main') } });
    expect(code).toBe(0);
    expect(digests(output('main'))).toEqual(digests(output('first')));
  });

  test('names no path of this machine in anything that it writes, zips included', () => {
    const texts = Object.entries(files(output('first'))).flatMap(([path, bytes]) =>
      path.endsWith('.zip')
        ? Object.entries(unzipSync(bytes)).map(([name, content]) => name + Buffer.from(content).toString())
        : [path + bytes.toString()],
    );
    expect(texts.length).toBeGreaterThan(9);
    for (const text of texts) {
      for (const place of [project, basename(folder)]) expect(text).not.toContain(place);
    }
  });

  test('leaves nothing of its own in the folder for temporary files, which other users of the machine can reach', () => {
    expect(readdirSync(temporary).filter((name) => name.startsWith('searchgate'))).toEqual([]);
  });

  test('takes away what stacks are no longer there', async () => {
    mkdirSync(join(output('stale'), 'stacks/gone'), { recursive: true });
    await synth('stale', home, '022', {});
    expect(digests(output('stale'))).toEqual(digests(output('first')));
  });

  test('--help says what it does; an unknown flag is told, with the help, and no stack trace', async () => {
    const help = await runScript('commands/synth.ts', ['--help']);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--output DIR') });
    const unknown = await runScript('commands/synth.ts', ['--outptu', 'x']);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('--output DIR') });
    expect(unknown.stderr).toContain('--outptu');
    expect(unknown.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('the zip', () => {
  const zips = () => Object.entries(files(output('first'))).filter(([path]) => path.endsWith('function.zip'));

  test("has the hash that Terraform compares with Lambda's CodeSha256", () => {
    for (const stack of ['search', 'kibana']) {
      const document = JSON.parse(readFileSync(join(output('first'), 'stacks', stack, 'cdk.tf.json'), 'utf8'));
      const { filename, source_code_hash } = document.resource.aws_lambda_function.forwarder_function;
      const bytes = readFileSync(join(output('first'), 'stacks', stack, filename));
      expect(createHash('sha256').update(bytes).digest('base64')).toBe(source_code_hash);
    }
  });

  test('is small: under 15 KB, so that a cold start is short', () => {
    expect(zips().length).toBeGreaterThanOrEqual(2);
    for (const [, bytes] of zips()) expect(bytes.length).toBeLessThan(15_000);
    process.stdout.write(`the zip: ${zips()[0]?.[1].length} bytes\n`);
  });

  test('holds one file, which everybody may read, of a date that never moves', () => {
    for (const [, bytes] of zips()) {
      expect(Object.keys(unzipSync(bytes))).toEqual(['index.js']);
      const directory = bytes.indexOf('PK\x01\x02', 0, 'latin1'); // the central directory's entry
      expect(bytes.readUInt32LE(directory + 38) >>> 16).toBe(0o100644);
      expect(bytes.readUInt16LE(directory + 14)).toBe((1 << 5) | 1); // 1 January 1980
    }
  });
});
