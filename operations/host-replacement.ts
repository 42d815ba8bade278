import { mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../commands/terminal';
import { synthesize } from '../local/rehearsal/deployment';
import { readStacks } from '../local/terraform/configuration';
import { stackFolder } from '../local/terraform/synth-copy';
import { TerraformError, terraform } from '../local/terraform/terraform';
import { type Workspace, workspaceFor } from '../local/terraform/workspace';
import { effectOf, entry, managedChanges, type Plan, type ResourceChange, readPlan } from '../plan-review/plan';
import { unlockCommands } from './state-lock';

/** What Terraform would do to one host. */
export interface HostPlan {
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
  plan(node: string, dataVolumeId: string): Promise<HostPlan> {
    return this.planned(node, { replace: true }, (plan) => replacementProblems(plan, node, dataVolumeId));
  }

  /**
   * What is missing of a host whose replacement was begun and not ended: its instance, or its volume's attachment.
   * @throws UserError where Terraform would do more than that
   */
  completion(node: string): Promise<HostPlan> {
    return this.planned(node, { replace: false }, (plan) => completionProblems(plan, node));
  }

  private async planned(
    node: string,
    { replace }: { readonly replace: boolean },
    problemsOf: (plan: Plan) => string[],
  ): Promise<HostPlan> {
    const addresses = hostAddresses(this.workspace.output, node);
    const instance = addresses.find((address) => address.startsWith('aws_instance.')) ?? '';
    const folder = join(stackFolder(this.workspace.output, stack), '.terraform', 'replacement');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${node}.tfplan`);
    const scope = [...(replace ? [`-replace=${instance}`] : []), ...addresses.map((address) => `-target=${address}`)];
    await this.terraform('plan', '-input=false', `-out=${file}`, ...scope);
    const plan = readPlan(await this.terraform('show', '-json', file));
    if (typeof plan === 'string') throw new UserError(`${node}: ${plan}`);
    const problems = problemsOf(plan);
    if (problems.length > 0)
      throw new UserError(
        [
          `Terraform would not just ${replace ? 'replace' : 'complete'} ${node}, so nothing was applied:`,
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
            `${(error as Error).message}\nThe data volume of ${node} is as it was. The same command run again goes on where this stopped.`,
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
      if (error instanceof TerraformError) throw new UserError(`${error.message}${unlocking(error.message)}`);
      throw error;
    }
  }
}

/** What to do about the lock that a Terraform left which was cut off. */
function unlocking(message: string): string {
  const lock = /Error acquiring the state lock[\s\S]*?\bID: +(\S+)/.exec(message)?.[1];
  if (lock === undefined) return '';
  return `\nWhere no other Terraform is at work on ${stack}, the one that locked it was cut off: npm run synth && ${unlockCommands(stack, lock)}`;
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
  const changes = managedChanges(plan);
  const replaced = (type: string) =>
    changes.find((change) => change.type === type && effectOf(change.change) === 'replace');
  const volume = attachedVolume(replaced('aws_volume_attachment'));
  return [
    ...(replaced('aws_instance') === undefined ? [`it would not replace the instance of ${node}`] : []),
    ...(volume === dataVolumeId
      ? []
      : [`it would attach ${volume ?? 'no volume that is known yet'}, and ${dataVolumeId} has the data`]),
    ...beyond(changes, node),
  ];
}

/** What a plan does beyond giving a node the instance and the volume's attachment that it lacks; empty where there is nothing of that. */
export function completionProblems(plan: Plan, node: string): string[] {
  const changes = managedChanges(plan);
  const attachment = changes.find(({ type }) => type === 'aws_volume_attachment');
  return [
    ...(attachedVolume(attachment) === undefined ? [`it would attach no volume to ${node} that is known yet`] : []),
    ...beyond(changes, node),
  ];
}

function attachedVolume(attachment: ResourceChange | undefined): string | undefined {
  const volume = entry(attachment?.change.after, 'volume_id');
  return typeof volume === 'string' ? volume : undefined;
}

function beyond(changes: readonly ResourceChange[], node: string): string[] {
  const prefix = `.${node.replaceAll('-', '_')}_`;
  return changes
    .filter((change) => !allowed(change, prefix))
    .map(({ address, change }) => `${address}: ${effectOf(change)}`);
}

/** The instance and its attachment are replaced; what else is the node's may change in place or be new, and nothing is deleted. */
function allowed({ address, type, change }: ResourceChange, prefix: string): boolean {
  if (!address.includes(prefix)) return false;
  const effect = effectOf(change);
  if (effect === 'replace') return type === 'aws_instance' || type === 'aws_volume_attachment';
  return effect === 'create' || effect === 'update';
}
