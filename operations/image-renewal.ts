import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Client } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { nodeName } from '../constructs/deployment-names';
import { newestImage } from '../constructs/search-host';
import type { Settings } from '../settings';
import { Host } from './host';
import type { HostReplacement } from './host-replacement';
import type { Member } from './members';
import type { Finished, NodeChange, RollOutOptions, Tell } from './rolling-change';
import { diskProblems } from './upgrade-checks';

/** Replaces each host by one of the image that the settings name; its volume, address and secrets stay. */
export class ImageRenewal implements NodeChange {
  readonly snapshot: string;
  readonly description: string;

  private constructor(
    private readonly settings: Settings,
    private readonly client: Client,
    private readonly replacement: HostReplacement,
    private readonly image: string,
  ) {
    this.snapshot = `before-${image}`;
    this.description = `replace hosts by ${image}`;
  }

  /** @throws UserError where the newest image cannot be asked for */
  static async to(settings: Settings, client: Client, replacement: HostReplacement): Promise<ImageRenewal> {
    return new ImageRenewal(settings, client, replacement, await wantedImage(settings));
  }

  async problems(members: readonly Member[]): Promise<string[]> {
    return [
      ...(await imageProblems(this.settings, this.image)),
      ...(members.length === 0 ? [] : await diskProblems(this.client)),
    ];
  }

  /**
   * A launch that failed, or a run that was cut off, leaves a node without an instance, or its instance without the volume.
   * @throws UserError where a host is stopped, as a cut-off run leaves it, too
   */
  async finish({ tell, lookOnly, agreed }: RollOutOptions): Promise<Finished> {
    const nodes = Array.from({ length: this.settings.host.nodes }, (_, index) => nodeName(index));
    const conditions = await Promise.all(nodes.map((node) => Host.condition(this.settings, node)));
    const having = (condition: string) => nodes.filter((_, at) => conditions[at] === condition);
    const stopped = having('stopped');
    // all asleep are woken by the search door
    if (stopped.length > 0 && stopped.length < nodes.length)
      throw new UserError(
        `${stopped.join(', ')}: stopped. npm run power -- start, and run this again when all are back`,
      );
    let finished: Finished = 'nothing to do';
    for (const node of having('incomplete')) {
      const plan = await this.replacement.completion(node);
      tell(`${node} lacks its instance or the volume: an earlier run broke off there`);
      for (const line of plan.lines) tell(`  ${line}`);
      if (lookOnly) continue;
      if (!(await agreed())) return 'declined';
      await plan.apply();
      tell(`${node} has both again`);
      finished = 'done';
    }
    return finished;
  }

  async isDone({ name }: Member): Promise<boolean> {
    const host = await Host.find(this.settings, name);
    host.close();
    return host.imageId === this.image;
  }

  async preview({ name }: Member, tell: Tell): Promise<void> {
    const host = await Host.find(this.settings, name);
    host.close();
    for (const line of (await this.replacement.plan(name, host.dataVolumeId)).lines) tell(`  ${line}`);
  }

  versionAfter({ version }: Member): string {
    return version;
  }

  async carryOut({ name }: Member, tell: Tell): Promise<void> {
    const old = await Host.find(this.settings, name);
    const before = await old.status();
    old.close();
    const plan = await this.replacement.plan(name, old.dataVolumeId);
    tell(`${name} (${old.instanceId}) is replaced`);
    await plan.apply();
    const host = await Host.find(this.settings, name);
    try {
      if (host.dataVolumeId !== old.dataVolumeId)
        throw new UserError(`${name} has ${host.dataVolumeId} attached, before it had ${old.dataVolumeId}`);
      tell(`${name} is ${host.instanceId} now, after ${old.instanceId}, with ${host.dataVolumeId}`);
      tell((await host.ready(before?.boot)).text);
    } finally {
      host.close();
    }
  }
}

async function wantedImage({ region, host }: Settings): Promise<string> {
  if (host.ami !== 'newest') return host.ami;
  const ssm = new SSMClient({ region, maxAttempts: 3 });
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: newestImage }));
    return Parameter?.Value ?? '';
  } catch (error) {
    throw new UserError(
      `the newest image of ${region} cannot be asked for (${newestImage}): ${(error as Error).message}`,
    );
  } finally {
    ssm.destroy();
  }
}

/** An image that cannot be launched would be noticed only when the first host is gone. */
async function imageProblems({ region }: Settings, image: string): Promise<string[]> {
  const ec2 = new EC2Client({ region, maxAttempts: 3 });
  try {
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [image] }));
    return Images.flatMap(({ Architecture = 'no architecture' }) =>
      Architecture === 'arm64' ? [] : [`${image} is for ${Architecture}, and hosts are arm64`],
    );
  } catch (error) {
    return [`${image} cannot be used in ${region}: ${(error as Error).message}`];
  } finally {
    ec2.destroy();
  }
}
