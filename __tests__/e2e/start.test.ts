import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../local/free-port';
import { ask } from '../../local/rehearsal/ask';
import example from '../../settings/example.json';
import { describeWith } from '../requirements';

const project = resolve(__dirname, '../..');

describeWith(['openssl'], 'npm start on a machine with Node.js and OpenSSL alone', () => {
  let path: string;
  const started: ChildProcess[] = [];

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'path-'));
    symlinkSync(execFileSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim(), join(path, 'openssl'));
  });
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  const start = (flags: string[], settings = 'settings/example.json') => {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', 'commands/start.ts', ...flags], {
      cwd: project,
      env: { ...process.env, PATH: path, SEARCHGATE_SETTINGS: settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    return child;
  };
  const ended = async (child: ChildProcess) => {
    if (child.exitCode === null) await once(child, 'close');
    return child.exitCode;
  };
  const freePorts = async () => ['--search-port', `${await freePort()}`, '--kibana-port', `${await freePort()}`];

  it('serves from the synth, says what it skips and why, and leaves nothing behind after Ctrl-C', async () => {
    const lines: string[] = [];
    let door = '';
    const child = start(await freePorts());
    for await (const line of createInterface(child.stdout)) {
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
    expect(await ended(child)).toBe(0);
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
    const child = start(['--no-deploy', '--search-port', port]);
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const code = await ended(child);
    blocker.kill();
    expect(code).toBe(1);
    expect(Buffer.concat(errors).toString()).toContain(`port ${port} is taken: choose another with --port search=N`);
  }, 60_000);

  it('runs beside another one with other settings, and each serves its own', async () => {
    const running = ['one.example', 'two.example'].map(async (domain) => {
      const settings = join(path, `${domain}.json`);
      writeFileSync(settings, JSON.stringify({ ...example, domain: { name: domain } }));
      const child = start(await freePorts(), settings);
      let said = '';
      for await (const line of createInterface(child.stdout)) {
        said += `${line}\n`;
        if (line.includes('Ctrl-C stops everything')) child.kill('SIGINT');
      }
      await ended(child);
      return said.match(/stands for https:\S+/g);
    });
    expect(await Promise.all(running)).toEqual(
      ['one.example', 'two.example'].map((domain) => [
        `stands for https://search.${domain}`,
        `stands for https://kibana.${domain}`,
      ]),
    );
  }, 60_000);
});
