import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../commands/terminal';
import { run } from '../process-group';

/** How far one stack has come. */
export interface StackProgress {
  stack: string;
  /** Resources done so far in this run. */
  resources: number;
  /** Terraform's closing words, such as `3 added, 0 changed, 0 destroyed`, once the stack is done. */
  result?: string;
  /** Seconds since the stack started. */
  seconds: number;
}

export interface CdktfRun {
  /** The synth's output folder. */
  output: string;
  environment: NodeJS.ProcessEnv;
  /** Everything that is said goes here. */
  log: string;
  progress?: (progress: StackProgress) => void;
  /** Stacks at a time. @default 3: some mostly wait, but each starts a provider of its own, which fills a processor for seconds */
  parallelism?: number;
  /** Once it aborts, `cdktf` is killed, as by `kill -9`. */
  signal?: AbortSignal;
}

const command = resolve(__dirname, '../../node_modules/cdktf-cli/bundle/bin/cdktf');

/** Thrown when `cdktf` ends with an error; the message holds what Terraform said was wrong. */
export class CdktfError extends UserError {}

/**
 * `cdktf deploy` of stacks that are synthesized already, in the order of their dependencies, which have to be among them, unless it is one
 * stack alone. Returns each stack's result.
 */
export function deploy(stacks: readonly string[], options: CdktfRun): Promise<Map<string, string>> {
  return cdktf('deploy', stacks, options);
}

/** `cdktf destroy`, in the opposite order. Returns each stack's result. */
export function destroy(stacks: readonly string[], options: CdktfRun): Promise<Map<string, string>> {
  return cdktf('destroy', stacks, options);
}

/** The stacks of a synth's output, dependencies first. */
export function stacksInOrder(output: string): string[] {
  const { stacks } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, { dependencies: string[] }>;
  };
  const ordered: string[] = [];
  const visit = (name: string): void => {
    if (ordered.includes(name)) return;
    for (const dependency of stacks[name]?.dependencies ?? []) visit(dependency);
    ordered.push(name);
  };
  for (const name of Object.keys(stacks)) visit(name);
  return ordered;
}

async function cdktf(
  verb: 'deploy' | 'destroy',
  stacks: readonly string[],
  options: CdktfRun,
): Promise<Map<string, string>> {
  const { output, environment, log, progress, parallelism = 3, signal } = options;
  const reader = new OutputReader(stacks, progress);
  mkdirSync(dirname(log), { recursive: true });
  const flags = [
    '--auto-approve',
    '--skip-synth',
    '--skip-provider-lock',
    // With it, `cdktf` forgets the order of several.
    ...(stacks.length === 1 ? ['--ignore-missing-stack-dependencies'] : []),
    '--no-color',
    '--parallelism',
    String(parallelism),
  ];
  const { code } = await run(process.execPath, [command, verb, ...stacks, ...flags, '--output', resolve(output)], {
    cwd: resolve(__dirname, '../..'),
    env: environment,
    ...(signal && { signal, killSignal: 'SIGKILL' }),
    line: (text) => {
      const plain = withoutControls(text);
      appendFileSync(log, `${plain}\n`);
      reader.read(plain);
    },
  });
  if (code !== 0) {
    throw new CdktfError(`cdktf ${verb} ended with ${code} (all of it in ${log}):\n${reader.errors()}`);
  }
  return reader.results;
}

/** Reads what `cdktf` prints: lines that start with a stack's name, each followed by indented ones of the same stack. */
export class OutputReader {
  readonly results = new Map<string, string>();
  private readonly started = new Map<string, number>();
  private readonly done = new Map<string, number>();
  private readonly lines: string[] = [];
  private current = '';

  constructor(
    private readonly stacks: readonly string[],
    private readonly progress: (progress: StackProgress) => void = () => {},
  ) {}

  read(line: string): void {
    if (line.trim() === '' || /^\d+ Stacks? \w+/.test(line)) return;
    const [, name = '', said = line] = /^(\S+)\s{2,}(.*)$/.exec(line) ?? [];
    if (this.stacks.includes(name)) this.current = name;
    this.lines.push(line);
    const stack = this.current;
    if (stack === '' || this.results.has(stack)) return;
    const news = !this.started.has(stack);
    if (news) this.started.set(stack, Date.now());
    const finished = /(?:Creation|Modifications|Destruction) complete/.test(said);
    if (finished) this.done.set(stack, (this.done.get(stack) ?? 0) + 1);
    const result = /(?:Apply|Destroy) complete! Resources: (.*)\./.exec(said)?.[1];
    if (result !== undefined) this.results.set(stack, result);
    if (news || finished || result !== undefined) this.report(stack, result);
  }

  /** What was said from the first complaint on, without the frames around it. */
  errors(): string {
    const first = this.lines.findIndex((line) => /\bError: /.test(line));
    return this.lines
      .slice(first === -1 ? -40 : first)
      .slice(0, 60)
      .join('\n');
  }

  private report(stack: string, result: string | undefined): void {
    const seconds = (Date.now() - (this.started.get(stack) ?? Date.now())) / 1_000;
    this.progress({ stack, resources: this.done.get(stack) ?? 0, seconds, ...(result !== undefined && { result }) });
  }
}

function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: cdktf moves the cursor even where there is no terminal
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replace(/\r/g, '');
}
