import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ProcessGroup } from '../process-group';
import { FunctionError } from './function-error';
import { RuntimeApi } from './runtime-api';

/** A line that a sandbox wrote, or that the platform has to say about it. */
export interface FunctionLogLine {
  readonly source: 'stdout' | 'stderr' | 'platform';
  readonly text: string;
}

export interface SandboxOptions {
  /** The folder that holds the unpacked zip. */
  readonly codeFolder: string;
  /** The whole environment of the process, but for what tells it where the Runtime API is. */
  readonly environment: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
  /** MB. */
  readonly memory: number;
  /** Stop the process between invocations, as Lambda does. */
  readonly freeze: boolean;
  readonly log: (line: FunctionLogLine) => void;
}

/** Milliseconds until a function has to be loaded. */
const initLimit = 10_000;

type State = 'starting' | 'idle' | 'busy' | 'gone';

/** One process that runs one invocation at a time, and stands still in between. */
export class Sandbox {
  /** Resolves when the function is loaded; rejects with a FunctionError where it can't be. */
  readonly ready: Promise<void>;
  private state: State = 'starting';
  private readonly api: RuntimeApi;
  private group: ProcessGroup | undefined;
  private guard: ChildProcess | undefined;
  private ending = false;
  private overtime: NodeJS.Timeout | undefined;
  private settleInit: { resolve: () => void; reject: (error: FunctionError) => void } | undefined;

  /**
   * @param freed it can take an invocation
   * @param gone it has ended and takes no more
   */
  constructor(
    private readonly options: SandboxOptions,
    private readonly freed: (sandbox: Sandbox) => void,
    private readonly gone: (sandbox: Sandbox) => void,
  ) {
    this.api = new RuntimeApi(
      () => this.asked(),
      (error) => this.settleInit?.reject(error),
    );
    this.ready = new Promise((resolve, reject) => {
      this.settleInit = { resolve, reject };
    });
    this.ready.catch(() => undefined);
    this.start().catch((error: Error) => this.ended(error.message));
  }

  /** Runs an invocation: see {@link RuntimeApi.invoke}. */
  async invoke(
    payload: Buffer,
    { signal, traceId }: { signal?: AbortSignal; traceId?: string } = {},
  ): Promise<Readable> {
    if (this.state !== 'idle') throw new Error(`the sandbox is ${this.state}`);
    const { timeoutMilliseconds, functionArn } = this.options;
    this.state = 'busy';
    this.signal('SIGCONT');
    const requestId = randomUUID();
    this.overtime = setTimeout(() => {
      const seconds = (timeoutMilliseconds / 1000).toFixed(2);
      const text = `${requestId} Task timed out after ${seconds} seconds`;
      this.options.log({ source: 'platform', text });
      this.api.fail(new FunctionError('Sandbox.Timedout', text));
      void this.end();
    }, timeoutMilliseconds);
    const deadline = Date.now() + timeoutMilliseconds;
    return this.api.invoke({ requestId, functionArn, deadline, traceId, payload }, signal);
  }

  /** Ends the process at once. */
  async end(): Promise<void> {
    this.ending = true;
    await this.group?.end(0);
  }

  private async start(): Promise<void> {
    const address = await this.api.open();
    if (this.ending) {
      this.ended('the function is closed');
      return;
    }
    const { codeFolder, environment, memory, log } = this.options;
    const flags = [`--max-old-space-size=${Math.round(memory * 0.9)}`];
    const group = new ProcessGroup(process.execPath, [...flags, join(__dirname, 'bootstrap.cjs')], {
      cwd: codeFolder,
      env: { ...environment, LAMBDA_TASK_ROOT: codeFolder, AWS_LAMBDA_RUNTIME_API: address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.group = group;
    for (const source of ['stdout', 'stderr'] as const) {
      const output = group.child[source];
      if (output !== null) createInterface(output).on('line', (text) => log({ source, text }));
    }
    if (this.options.freeze) this.guard = guardOf(group.child.pid);
    const limit = setTimeout(() => this.end(), initLimit);
    this.ready.catch(() => undefined).finally(() => clearTimeout(limit));
    const code = await group.ended;
    this.ended(`Runtime exited with ${code === null ? 'a signal' : `exit status ${code}`}`);
  }

  private asked(): void {
    clearTimeout(this.overtime);
    this.state = 'idle';
    this.signal('SIGSTOP');
    this.settleInit?.resolve();
    this.freed(this);
  }

  private ended(reason: string): void {
    if (this.state === 'gone') return;
    clearTimeout(this.overtime);
    const error = new FunctionError('Runtime.ExitError', reason);
    this.state = 'gone';
    this.settleInit?.reject(error);
    this.api.fail(error);
    this.api.close();
    this.guard?.kill('SIGKILL');
    this.gone(this);
  }

  private signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.group?.child.pid;
    if (!this.options.freeze || pid === undefined) return;
    try {
      process.kill(pid, name);
    } catch (error) {
      // It has ended by itself; that is told elsewhere.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** A process that stands still can't notice that the one who started it was killed. This waits for that in its place. */
function guardOf(pid: number | undefined): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', `read _; kill -KILL ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => undefined);
  guard.unref();
  return guard;
}
