import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

const running = new Set<number>();
process.once('exit', () => {
  for (const id of running) signal(id, 'SIGKILL');
});

/** A program and everything that it starts in turn, ended together. */
export class ProcessGroup {
  /** Resolves with the exit code once the program itself is gone (null when a signal ended it or it could not start). */
  readonly ended: Promise<number | null>;
  readonly child: ChildProcess;

  constructor(program: string, parameters: string[], options: SpawnOptions = {}) {
    this.child = spawn(program, parameters, { ...options, detached: true });
    const { pid } = this.child;
    if (pid !== undefined) running.add(pid);
    this.ended = new Promise((resolve) => {
      this.child.once('error', () => resolve(null));
      this.child.once('close', (code) => {
        if (pid !== undefined) {
          signal(pid, 'SIGKILL');
          running.delete(pid);
        }
        resolve(code);
      });
    });
  }

  /** Asks the whole group to stop and, where it has not after `patience` milliseconds, ends it. */
  async end(patience = 5_000): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined || !running.has(pid)) return;
    signal(pid, 'SIGTERM');
    const last = setTimeout(() => signal(pid, 'SIGKILL'), patience);
    await this.ended;
    clearTimeout(last);
  }
}

/** A program's exit code with all that it wrote, standard output and standard error each by itself. */
export interface Finished {
  code: number | null;
  output: string;
  errors: string;
}

/** Runs a program to its end. With `line`, hands over every line as it comes, for live progress. */
export async function run(
  program: string,
  parameters: string[],
  options: SpawnOptions & { line?: (text: string) => void } = {},
): Promise<Finished> {
  const { line, ...spawnOptions } = options;
  const group = new ProcessGroup(program, parameters, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = [gather(group.child.stdout, line), gather(group.child.stderr, line)];
  let failure = '';
  group.child.once('error', (error) => {
    failure = error.message;
  });
  const code = await group.ended;
  return { code, output: output(), errors: errors() + failure };
}

/**
 * Lets programs finish by themselves what they are at when the user interrupts: the signal goes on to every group, which a terminal
 * does not reach. For commands whose programs change something real, such as Terraform.
 */
export function passOnSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      for (const id of running) signal(id, name);
    });
  }
}

/** Ends every group that is still running, at once. */
export function endAllGroups(): void {
  for (const id of running) signal(id, 'SIGKILL');
}

function gather(stream: NodeJS.ReadableStream | null, line?: (text: string) => void): () => string {
  let text = '';
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    text += chunk;
    if (line === undefined) return;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) line(each);
  });
  return () => text;
}

function signal(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(-id, name);
  } catch (error) {
    // The group has gone by itself in the meantime: that is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
