import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stacksInOrder } from '../local/terraform/cdktf';
import { stackFolder } from '../local/terraform/synth-copy';
import { TerraformError, terraform } from '../local/terraform/terraform';
import { type Plan, readPlan } from '../plan-review/plan';

/** Terraform, ready to run on a synth's output. */
export interface Synth {
  /** The folder with `manifest.json` and `stacks/`. */
  readonly output: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Everything that is said goes here. */
  readonly log: string;
}

/** What became of planning one stack. */
export type StackOutcome =
  | { readonly stack: string; readonly plan: Plan; readonly file: string }
  /** It reads what another stack has not written yet. */
  | { readonly stack: string; readonly waitsFor: string }
  /** Terraform would not plan it, and said why. */
  | { readonly stack: string; readonly failure: string };

/** The one stack whose state holds private keys: only people plan and deploy it. */
export const personsOnly: readonly string[] = ['certificates'];

/** A file that says which stacks wait, one `STACK=UPSTREAM` a line, as `npm run plan-review -- --waits` takes them. */
export const waitsFile = 'waits';

/** The stacks of a synth that a pipeline may plan, dependencies first; with a baseline only those that differ from it. */
export function stacksToPlan(output: string, baseline?: string): string[] {
  return stacksInOrder(output).filter(
    (stack) =>
      !personsOnly.includes(stack) && (baseline === undefined || digestOf(output, stack) !== digestOf(baseline, stack)),
  );
}

/**
 * Plans stacks one after the other, and writes for each `STACK.tfplan` and `STACK.json` into a folder, or `STACK.failure` with what
 * Terraform said.
 *
 * @param lock whether Terraform locks the state; who may only read cannot
 * @throws TerraformError where a plan that was made cannot be read
 */
export async function planStacks(
  stacks: readonly string[],
  synth: Synth,
  { folder, lock, tell = () => {} }: { folder: string; lock: boolean; tell?: (outcome: StackOutcome) => void },
): Promise<StackOutcome[]> {
  const outcomes: StackOutcome[] = [];
  for (const stack of stacks) {
    const outcome = await planStack(stack, synth, { folder, lock });
    tell(outcome);
    outcomes.push(outcome);
  }
  const waiting = outcomes.flatMap((outcome) =>
    'waitsFor' in outcome ? [`${outcome.stack}=${outcome.waitsFor}\n`] : [],
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, waitsFile), waiting.join(''));
  return outcomes;
}

export async function planStack(
  stack: string,
  { output, environment, log }: Synth,
  { folder, lock }: { folder: string; lock: boolean },
): Promise<StackOutcome> {
  const run = { folder: stackFolder(output, stack), environment, log };
  const [planFile, jsonFile, failureFile] = ['tfplan', 'json', 'failure'].map((kind) =>
    join(folder, `${stack}.${kind}`),
  ) as [string, string, string];
  mkdirSync(folder, { recursive: true });
  for (const file of [planFile, jsonFile, failureFile]) rmSync(file, { force: true });
  try {
    await terraform(['init', '-input=false', '-reconfigure'], run);
    await terraform(['plan', '-input=false', `-lock=${lock}`, `-out=${planFile}`], run);
  } catch (error) {
    if (!(error instanceof TerraformError)) throw error;
    const waitsFor = missingUpstream(error.message, dependencies(output, stack));
    if (waitsFor !== undefined) return { stack, waitsFor };
    writeFileSync(failureFile, `${error.message}\n`);
    return { stack, failure: error.message };
  }
  const shown = await terraform(['show', '-json', planFile], run);
  writeFileSync(jsonFile, shown.output);
  const plan = readPlan(shown.output);
  if (typeof plan === 'string') throw new TerraformError(`${stack}: ${plan}`);
  return { stack, plan, file: planFile };
}

/**
 * Which stack has not written yet what a plan wants to read: its state or an output that is new in it, or a parameter that the
 * certificates stack writes, whose state nobody reads.
 */
export function missingUpstream(said: string, upstream: readonly string[]): string | undefined {
  const unwrapped = said.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');
  const state = /Unable to find remote state|Unsupported attribute|Backend initialization required/.test(unwrapped);
  const reference = /cross[-_]stack[-_]reference[-_]input[-_]([A-Za-z0-9_-]+)/.exec(unwrapped)?.[1];
  const named = upstream.find((stack) => stack.replaceAll('-', '_') === reference?.replaceAll('-', '_'));
  if (state && named !== undefined) return named;
  const parameter = /SSM Parameter \(\/[^)]*\/certificates\/[^)]*\).{0,40}(?:couldn't find|not found)/.test(unwrapped);
  return parameter ? 'certificates' : undefined;
}

/** A digest of everything that was synthesized: the same Terraform and the same zips. */
export function synthDigest(output: string): string {
  const hash = createHash('sha256');
  for (const stack of readdirSync(join(output, 'stacks')).sort()) hash.update(`${stack} ${digestOf(output, stack)}\n`);
  return hash.digest('hex');
}

function digestOf(output: string, stack: string): string {
  const folder = stackFolder(output, stack);
  if (!existsSync(folder)) return 'absent';
  const hash = createHash('sha256');
  for (const file of filesBelow(folder).sort()) {
    hash.update(`${relative(folder, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** All files but what Terraform leaves behind. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.terraform')) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function dependencies(output: string, stack: string): string[] {
  const { stacks } = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as {
    stacks: Record<string, { dependencies: string[] }>;
  };
  return stacks[stack]?.dependencies ?? [];
}
