import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../commands/terminal';
import { synthesize } from '../local/rehearsal/deployment';
import { readStacks } from '../local/terraform/configuration';
import { stackFolder } from '../local/terraform/synth-copy';
import { TerraformError, terraform } from '../local/terraform/terraform';
import { type Workspace, workspaceFor } from '../local/terraform/workspace';
import { effectOf, entry, managedChanges, type Plan, type ResourceChange, readPlan } from '../plan-review/plan';

/** What Terraform would do to replace one host. */
export interface ReplacementPlan {
  /** One a resource, for people. */
  readonly lines: readonly string[];
  /** Does just this. @throws UserError */
  apply(): Promise<void>;
}

const stack = 'host';

/** Replaces hosts one by one, through Terraform: what it knows stays true, and only this node's resources are touched. */
export class HostReplacement {
  private constructor(
    private readonly workspace: Workspace,
    private readonly log: string,
  ) {}

  /**
   * Synthesizes, and makes the host stack ready for Terraform.
   * @param synth where the synth goes
   * @throws UserError
   */
  static async prepare(synth: string, region: string): Promise<HostReplacement> {
    await synthesize(synth);
    const place = { folder: resolve('.rehearsal', 'commands', basename(synth)), name: 'upgrade', region };
    const replacement = new HostReplacement(await workspaceFor(synth, place), join(resolve(synth), 'upgrade.log'));
    await replacement.terraform('init', '-input=false', '-reconfigure');
    return replacement;
  }

  /** @throws UserError where Terraform would do more than replace the host, or would attach another volume than this one */
  async plan(node: string, dataVolumeId: string): Promise<ReplacementPlan> {
    const addresses = hostAddresses(this.workspace.output, node);
    const instance = addresses.find((address) => address.startsWith('aws_instance.')) ?? '';
    const folder = join(stackFolder(this.workspace.output, stack), '.terraform', 'replacement');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${node}.tfplan`);
    const targets = addresses.map((address) => `-target=${address}`);
    await this.terraform('plan', '-input=false', `-out=${file}`, `-replace=${instance}`, ...targets);
    const plan = readPlan(await this.terraform('show', '-json', file));
    if (typeof plan === 'string') throw new UserError(`${node}: ${plan}`);
    const problems = replacementProblems(plan, node, dataVolumeId);
    if (problems.length > 0)
      throw new UserError(
        [
          `Terraform would not just replace ${node}, so nothing was applied:`,
          ...problems.map((problem) => `  ${problem}`),
        ].join('\n'),
      );
    return {
      lines: managedChanges(plan).map(({ address, change }) => `${effectOf(change)} ${address}`),
      apply: async () => {
        try {
          await this.terraform('apply', '-input=false', file);
        } catch (error) {
          throw new UserError(
            `${(error as Error).message}\n${dataVolumeId} keeps the data. npx cdktf deploy '*' goes on where this stopped.`,
          );
        }
      },
    };
  }

  private async terraform(...parameters: string[]): Promise<string> {
    const { output, environment } = this.workspace;
    try {
      return (await terraform(parameters, { folder: stackFolder(output, stack), environment, log: this.log })).output;
    } catch (error) {
      if (error instanceof TerraformError) throw new UserError(error.message);
      throw error;
    }
  }
}

/** The addresses of everything in the host stack that belongs to one node. */
export function hostAddresses(output: string, node: string): string[] {
  const prefix = `${node.replaceAll('-', '_')}_`;
  const resources = readStacks(output).get(stack)?.resource ?? {};
  return Object.entries(resources).flatMap(([type, named]) =>
    Object.keys(named)
      .filter((name) => name.startsWith(prefix))
      .map((name) => `${type}.${name}`),
  );
}

/** What a plan does beyond replacing one node's instance, and what could part it from its data; empty where there is nothing of that. */
export function replacementProblems(plan: Plan, node: string, dataVolumeId: string): string[] {
  const prefix = `.${node.replaceAll('-', '_')}_`;
  const changes = managedChanges(plan);
  const replaced = (type: string) =>
    changes.find((change) => change.type === type && effectOf(change.change) === 'replace');
  const attached = replaced('aws_volume_attachment');
  const volume = entry(attached?.change.after, 'volume_id');
  return [
    ...(replaced('aws_instance') === undefined ? [`it would not replace the instance of ${node}`] : []),
    ...(volume === dataVolumeId
      ? []
      : [
          `it would attach ${typeof volume === 'string' ? volume : 'no volume that is known yet'}, and ${dataVolumeId} has the data`,
        ]),
    ...changes
      .filter((change) => !allowed(change, prefix))
      .map(({ address, change }) => `${address}: ${effectOf(change)}`),
  ];
}

/** The instance and its attachment are replaced; what else is the node's may change in place or be new, and nothing is deleted. */
function allowed({ address, type, change }: ResourceChange, prefix: string): boolean {
  if (!address.includes(prefix)) return false;
  const effect = effectOf(change);
  if (effect === 'replace') return type === 'aws_instance' || type === 'aws_volume_attachment';
  return effect === 'create' || effect === 'update';
}
