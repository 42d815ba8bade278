import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The files that user data carries, as they lie in the repository. */
export const carriedFiles = join(__dirname, '..', '..', 'cloud-init', 'files');

const environment = {
  NAME: 'searchgate',
  REGION: 'us-east-1',
  NODE: 'node-0',
  PRIVATE_ADDRESS: '10.42.0.10',
  SEED_ADDRESSES: '',
  NODE_ROLES: '',
  KIBANA: 'true',
  ZONE: 'us-east-1a',
  DATA_VOLUME_ID: 'vol-0123456789abcdef0',
  ELASTIC_VERSION: '9.x',
  PARAMETER_PREFIX: '/searchgate',
  ELASTICSEARCH_PORT: '9200',
  ELASTICSEARCH_SERVER_NAME: 'search.searchgate.internal',
  KIBANA_PORT: '5601',
  KIBANA_SERVER_NAME: 'kibana.searchgate.internal',
  KIBANA_PUBLIC_URL: 'https://kibana.example.com',
  SNAPSHOT_BUCKET: 'searchgate-snapshots',
  SNAPSHOT_HOURS: '24',
  SNAPSHOT_KEEP: '3',
  ALARMS: 'true',
  CONNECTOR_HOSTS: '',
  UPDATES_AT: 'Sun *-*-* 04:00',
};

export interface PhaseResult {
  /** 0 done, 1 may pass by itself, 3 only an operator can change it. */
  readonly code: number | null;
  /** What the operator is told where it failed. */
  readonly reason: string;
  /** What the log says where it did not. */
  readonly summary: string;
  readonly output: string;
}

/**
 * A folder that stands for a host's root, in which the very scripts of cloud-init/files run. Programs that would change the machine around are
 * replaced, on PATH, by ones that note how they were called; all others are real.
 */
export class TrialHost {
  readonly root = mkdtempSync(join(tmpdir(), 'trial-host-'));
  private readonly programs = join(this.root, 'programs');

  /** @param files another copy of the carried files, for planted faults. */
  constructor(files = carriedFiles, settings: Partial<typeof environment> = {}) {
    cpSync(files, this.root, { recursive: true });
    const lines = Object.entries({ ...environment, ...settings }).map(([key, value]) => `${key}='${value}'\n`);
    this.write('etc/searchgate/host.env', lines.join(''));
    this.write('etc/hosts', '127.0.0.1 localhost\n');
    this.write('proc/meminfo', 'MemTotal:        3902464 kB\n');
    this.write('proc/uptime', '3661.25 7000.00\n');
    this.write('proc/vmstat', 'oom_kill 0\n');
    mkdirSync(join(this.root, 'etc/yum.repos.d'), { recursive: true });
    for (const package_ of ['elasticsearch', 'kibana'])
      mkdirSync(join(this.root, 'etc', package_), { recursive: true });
    mkdirSync(join(this.root, 'srv/searchgate'), { recursive: true });
    mkdirSync(this.programs);
    for (const program of ['chown', 'systemctl']) this.replace(program, '');
    this.replace('stat', 'echo elasticsearch:elasticsearch');
  }

  /** Replaces a program on PATH. The body is bash; the call is noted before it runs. */
  replace(program: string, body: string): void {
    this.replaceAt(join('programs', program), body);
  }

  /** Replaces a program at a place of its own. */
  replaceAt(path: string, body: string): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const note = `printf '%s\\n' "${name} $*" >> '${join(this.root, 'calls')}'`;
    this.write(path, `#!/usr/bin/env bash\n${note}\nroot='${this.root}'\n${body}\n`, 0o755);
  }

  /** Runs a phase, as setup would, or another script with its arguments after spaces. */
  run(phase: string, variables: Record<string, string> = {}): PhaseResult {
    for (const name of ['reason', 'summary']) rmSync(join(this.root, 'run/searchgate', name), { force: true });
    const { program, parameters, env } = this.command(phase);
    const { status, stdout, stderr } = spawnSync(program, parameters, {
      encoding: 'utf8',
      env: { ...env, ...variables },
    });
    const told = (name: string) => (this.has(`run/searchgate/${name}`) ? this.read(`run/searchgate/${name}`) : '');
    return { code: status, reason: told('reason'), summary: told('summary'), output: stdout + stderr };
  }

  /** What runs a script, for those who do not want to wait for its end. */
  command(script: string) {
    const [name = '', ...rest] = script.split(' ');
    return {
      program: 'bash',
      parameters: [join(this.root, 'usr/local/lib/searchgate', name), ...rest],
      env: {
        ...process.env,
        PATH: `${this.programs}:${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
        SEARCHGATE_ROOT: this.root,
        VOLUME_WAIT_SECONDS: '0',
        ANSWER_SECONDS: '0',
      },
    };
  }

  /** How replaced programs were called, a line each. */
  get calls(): string[] {
    return this.has('calls') ? this.read('calls').trim().split('\n') : [];
  }

  forgetCalls(): void {
    rmSync(join(this.root, 'calls'), { force: true });
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content, { mode });
  }

  delete(path: string): void {
    rmSync(join(this.root, path), { force: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/**
 * A copy of the carried files with one text replaced by another, to show that a check sees the fault.
 * @throws Error where the text is not there any more: a fault that was not planted proves nothing.
 */
export function withFault(file: string, text: string, fault: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'fault-'));
  cpSync(carriedFiles, copy, { recursive: true });
  const path = join(copy, file);
  const before = readFileSync(path, 'utf8');
  if (before.split(text).length !== 2) throw new Error(`${file} does not hold this text once: ${text}`);
  writeFileSync(
    path,
    before.replace(text, () => fault),
  );
  return copy;
}
