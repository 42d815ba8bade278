import { join } from 'node:path';
import { ProcessGroup, run } from '../process-group';
import type { NeighbourOptions, Question } from './neighbours';
import type { PackageRepository } from './package-repository';
import type { Parameter } from './parameter-store';

/** The network around a machine, and what stands in it: see neighbours.ts. */
export class Neighbourhood {
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;

  private constructor(private readonly group: ProcessGroup) {
    group.child.on('message', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
      const caller = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) caller?.resolve(value);
      else caller?.reject(new Error(error));
    });
    void group.ended.then(() => {
      for (const { reject } of this.waiting.values()) reject(new Error('the process that stands for AWS has gone'));
    });
  }

  static async start(options: NeighbourOptions): Promise<Neighbourhood> {
    const script = join(__dirname, 'neighbours.ts');
    const parameters = ['--net', process.execPath, '--require', require.resolve('tsx/cjs'), script];
    const started = new Neighbourhood(
      new ProcessGroup('unshare', parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    await started.ask({ ask: 'start', options });
    return started;
  }

  /** The network namespace, for programs that are to run inside it. */
  get namespace(): string {
    return `/proc/${this.group.child.pid}/ns/net`;
  }

  /** What Systems Manager holds. */
  async parameters(): Promise<Record<string, Parameter>> {
    return (await this.ask({ ask: 'parameters' })) as Record<string, Parameter>;
  }

  /** Every call to Systems Manager, as in `PutParameter /searchgate/hosts/node-0/status`. */
  async calls(): Promise<string[]> {
    return (await this.ask({ ask: 'calls' })) as string[];
  }

  /** What was sent to CloudWatch, as in `DataVolumeUsedPercent node-0 41`. */
  async metrics(): Promise<string[]> {
    return (await this.ask({ ask: 'metrics' })) as string[];
  }

  async put(parameters: Record<string, Parameter>): Promise<void> {
    await this.ask({ ask: 'put', parameters });
  }

  async remove(name: string): Promise<void> {
    await this.ask({ ask: 'remove', name });
  }

  /** The next calls to Systems Manager are refused as too many. */
  async throttle(calls: number): Promise<void> {
    await this.ask({ ask: 'throttle', calls });
  }

  /** Whether Systems Manager is there: hidden, it ends every connection without an answer. */
  async hideParameters(hidden: boolean): Promise<void> {
    await this.ask({ ask: 'hide', hidden });
  }

  /** Whether packages break off half-way. */
  async breakDownloads(broken: boolean): Promise<void> {
    await this.ask({ ask: 'break', broken });
  }

  /** This process is ended should ours be killed; 0 for none. */
  async guard(id: number): Promise<void> {
    await this.ask({ ask: 'guard', id });
  }

  /** Which state of Elastic's repository machines see. */
  async publish(repository: PackageRepository, state: 'first' | 'later'): Promise<void> {
    const { system, key } = repository;
    await this.ask({ ask: 'publish', repository: repository[state], system, key });
  }

  /** curl from inside the network, where a forwarder would stand. Gives the exit code and what it wrote. */
  curl(...parameters: string[]): Promise<{ code: number | null; output: string; errors: string }> {
    return run('nsenter', [
      `--net=${this.namespace}`,
      'curl',
      '--silent',
      '--show-error',
      '--max-time',
      '10',
      ...parameters,
    ]);
  }

  async close(): Promise<void> {
    await this.group.end();
  }

  private ask(question: Question): Promise<unknown> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.group.child.send({ id, question });
    });
  }
}
