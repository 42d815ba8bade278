import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Client } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { newestImage } from '../constructs/search-host';
import type { Settings } from '../settings';
import { Host } from './host';
import type { HostReplacement } from './host-replacement';
import type { Member } from './members';
import type { NodeChange, Tell } from './rolling-change';
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
    return members.length === 0 ? [] : diskProblems(this.client);
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
