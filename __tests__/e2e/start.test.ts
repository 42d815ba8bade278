import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../local/free-port';
import { ask } from '../../local/rehearsal/ask';
import { describeWith } from '../requirements';

const project = resolve(__dirname, '../..');

describeWith(['openssl'], 'npm start on a machine with Node.js and OpenSSL alone', () => {
  let path: string;
  let child: ChildProcess;

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'path-'));
    symlinkSync(execFileSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim(), join(path, 'openssl'));
  });
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  afterEach(() => child.kill('SIGKILL'));

  const start = (...flags: string[]): AsyncIterable<string> => {
    child = spawn(process.execPath, ['--require', 'tsx/cjs', 'commands/start.ts', ...flags], {
      cwd: project,
      env: { ...process.env, PATH: path, SEARCHGATE_SETTINGS: 'settings/example.json' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout === null) throw new Error('there is no output');
    return createInterface(child.stdout);
  };

  it('serves from the synth, says what it skips and why, and leaves nothing behind after Ctrl-C', async () => {
    const lines: string[] = [];
    let door = '';
    for await (const line of start(
      '--search-port',
      String(await freePort()),
      '--kibana-port',
      String(await freePort()),
    )) {
      lines.push(line);
      if (line.includes('Ctrl-C stops everything')) {
        door = /door search +(http:\S+)/.exec(lines.join('\n'))?.[1] ?? '';
        expect((await ask(door, { path: '/' })).status).toBe(401);
        expect(
          (await ask(door, { path: '/_bulk', headers: { authorization: 'Basic eDp5' } })).headers['x-stand-in'],
        ).toBe('echo');
        child.kill('SIGINT');
      }
    }
    if (child.exitCode === null) await once(child, 'close');
    expect(child.exitCode).toBe(0);
    expect(door).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const said = lines.join('\n');
    for (const tool of ['terraform', 'python', 'java', 'maven']) expect(said).toContain(`${tool} is missing: install`);
    expect(said).toContain('Nothing is left running.');
    await expect(ask(door, { path: '/' })).rejects.toThrow('ECONNREFUSED');
  }, 60_000);

  it('names a port that is taken and the flag that chooses another', async () => {
    const blocker = spawn(process.execPath, [
      '-e',
      "require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
    ]);
    const [port] = (await once(createInterface(blocker.stdout), 'line')) as [string];
    const errors: Buffer[] = [];
    child = spawn(
      process.execPath,
      ['--require', 'tsx/cjs', 'commands/start.ts', '--no-deploy', '--search-port', port],
      {
        cwd: project,
        env: { ...process.env, PATH: path, SEARCHGATE_SETTINGS: 'settings/example.json' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
    const [code] = (await once(child, 'close')) as [number];
    blocker.kill();
    expect(code).toBe(1);
    expect(Buffer.concat(errors).toString()).toContain(`port ${port} is taken: choose another with --port search=N`);
  }, 60_000);
});
