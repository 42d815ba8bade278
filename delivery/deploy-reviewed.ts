import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../commands/terminal';
import { stackFolder } from '../local/terraform/synth-copy';
import { TerraformError, terraform } from '../local/terraform/terraform';
import { managedChanges, type Plan, readPlan } from '../plan-review/plan';
import { departures } from '../plan-review/same-actions';
import { planStack, type Synth } from './plan-stacks';

/** What became of one stack. */
export interface Deployed {
  readonly stack: string;
  readonly outcome: 'applied' | 'unchanged' | 'departed';
  /** How the plan made now differs from the reviewed one; only for what departed. */
  readonly differences: readonly string[];
}

/**
 * Deploys stacks in order: plans each again, since a saved plan dies when a state moves and a plan made before its upstream was
 * applied holds old values, and applies it when it does what was reviewed. Stops at the first that would do anything else.
 *
 * @param reviewed the folder with the reviewed `STACK.json`
 * @param folder where the plans made now go
 * @throws TerraformError
 * @throws UserError where a reviewed plan cannot be read
 */
export async function deployReviewed(
  stacks: readonly string[],
  synth: Synth,
  { reviewed, folder, tell = () => {} }: { reviewed: string; folder: string; tell?: (deployed: Deployed) => void },
): Promise<Deployed[]> {
  const results: Deployed[] = [];
  for (const stack of stacks) {
    const deployed = await deployStack(stack, synth, { reviewed, folder });
    tell(deployed);
    results.push(deployed);
    if (deployed.outcome === 'departed') break;
  }
  return results;
}

async function deployStack(
  stack: string,
  synth: Synth,
  { reviewed, folder }: { reviewed: string; folder: string },
): Promise<Deployed> {
  const now = await planStack(stack, synth, { folder, lock: true });
  if ('waitsFor' in now) throw new TerraformError(`${stack} waits for ${now.waitsFor}, which a person deploys first`);
  if ('failure' in now) throw new TerraformError(now.failure);
  const outputs = Object.values(now.plan.output_changes).some(({ actions }) => actions.join() !== 'no-op');
  if (managedChanges(now.plan).length === 0 && !outputs) return { stack, outcome: 'unchanged', differences: [] };
  const differences = departures(reviewedPlan(join(reviewed, `${stack}.json`)), now.plan);
  if (differences.length > 0) return { stack, outcome: 'departed', differences };
  const run = { folder: stackFolder(synth.output, stack), environment: synth.environment, log: synth.log };
  await terraform(['apply', '-input=false', now.file], run);
  return { stack, outcome: 'applied', differences: [] };
}

/** A stack that had no plan when it was reviewed was to do nothing. */
function reviewedPlan(file: string): Plan {
  const plan = existsSync(file) ? readPlan(readFileSync(file, 'utf8')) : readPlan('{"format_version":"1.2"}');
  if (typeof plan === 'string') throw new UserError(`${file}: ${plan}`);
  return plan;
}
