import { setTimeout as wait } from 'node:timers/promises';
import { DescribeInstancesCommand, EC2Client, type Instance, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { UserError } from '../commands/terminal';
import { ParameterNames } from '../constructs/parameter-names';
import type { Settings } from '../settings';

/** What setup said at a host's last boot. */
export interface HostStatus {
  readonly outcome: 'ready' | 'failed';
  readonly text: string;
  readonly boot: string;
  readonly version: string;
}

/** How long is waited for a host, and for the cluster after it. */
export const patienceMinutes = 30;

/** A running host, as AWS shows it. Close it. */
export class Host {
  private constructor(
    private readonly ec2: EC2Client,
    private readonly ssm: SSMClient,
    private readonly parameters: ParameterNames,
    private readonly node: string,
    readonly instanceId: string,
    readonly dataVolumeId: string,
    /** The machine image that it was launched from. */
    readonly imageId: string,
  ) {}

  /** @throws UserError where it does not run or has no data volume */
  static async find(settings: Settings, node: string): Promise<Host> {
    const { name, region } = settings;
    const ec2 = new EC2Client({ region, maxAttempts: 3 });
    const ssm = new SSMClient({ region, maxAttempts: 3 });
    const [instance] = await instancesOf(ec2, settings, node, ['running']);
    const volume = dataVolumeOf(instance);
    if (instance?.InstanceId === undefined)
      throw new UserError(`${node} of ${name} does not run in ${region}: npm run power -- start`);
    if (volume === undefined)
      throw new UserError(`${node} (${instance.InstanceId}) has no data volume at /dev/sdf: npx cdktf deploy '*'`);
    return new Host(ec2, ssm, new ParameterNames(name), node, instance.InstanceId, volume, instance.ImageId ?? '');
  }

  /** How much there is of a node's host: one whose replacement broke off may be stopped, or lack its instance or its data volume. */
  static async condition(settings: Settings, node: string): Promise<'running' | 'stopped' | 'incomplete'> {
    const ec2 = new EC2Client({ region: settings.region, maxAttempts: 3 });
    try {
      const living = ['pending', 'running', 'stopping', 'stopped'];
      const [instance] = await instancesOf(ec2, settings, node, living);
      if (dataVolumeOf(instance) === undefined) return 'incomplete';
      return /^stop/.test(instance?.State?.Name ?? '') ? 'stopped' : 'running';
    } finally {
      ec2.destroy();
    }
  }

  /** What setup said, or undefined before the first time. @throws UserError where AWS does not tell */
  async status(): Promise<HostStatus | undefined> {
    const Name = `${this.parameters.host(this.node)}/status`;
    try {
      const { Parameter } = await this.ssm.send(new GetParameterCommand({ Name }));
      return JSON.parse(Parameter?.Value ?? '') as HostStatus;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw new UserError(`what ${this.node} says (${Name}) cannot be read: ${(error as Error).message}`);
    }
  }

  /**
   * Leaves the order that the host obeys at its next boot, for its data in the version that it has now.
   * @throws UserError where AWS does not take it
   */
  async orderUpgrade(from: string, to: string): Promise<void> {
    const Name = this.parameters.upgrade(this.node);
    const Value = `${to} from ${from} on ${this.dataVolumeId}`;
    await this.ssm
      .send(new PutParameterCommand({ Name, Type: 'String', Value, Overwrite: true }))
      .catch((error: Error) => {
        throw new UserError(`the order to ${this.node} (${Name}) cannot be written: ${error.message}`);
      });
  }

  /** Takes back an order that was left; without one it does nothing. */
  async withdrawUpgrade(): Promise<void> {
    try {
      await this.ssm.send(new DeleteParameterCommand({ Name: this.parameters.upgrade(this.node) }));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }

  /** Shuts down in order and boots again. @throws UserError where AWS does not do it */
  async reboot(): Promise<void> {
    await this.ec2.send(new RebootInstancesCommand({ InstanceIds: [this.instanceId] })).catch((error: Error) => {
      throw new UserError(`${this.node} (${this.instanceId}) cannot be rebooted: ${error.message}`);
    });
  }

  /**
   * Waits until setup says that the host is ready, at another boot than this one. That it cannot be asked meanwhile ends nothing.
   * @throws UserError where that takes too long
   */
  async ready(bootBefore: string | undefined): Promise<HostStatus> {
    let last = 'It last said: nothing';
    for (const deadline = Date.now() + patienceMinutes * 60_000; Date.now() < deadline; await wait(2_000)) {
      try {
        const status = await this.status();
        // a failure that may pass is tried again by the host itself, and then told anew
        if (status !== undefined && status.boot !== bootBefore && status.outcome === 'ready') return status;
        last = `It last said: ${status?.text ?? 'nothing'}`;
      } catch (error) {
        last = `At last ${(error as Error).message}`;
      }
    }
    throw new UserError(`${this.node} is not ready after ${patienceMinutes} minutes. ${last}`);
  }

  close(): void {
    this.ec2.destroy();
    this.ssm.destroy();
  }
}

/** @throws UserError where AWS does not tell */
async function instancesOf(
  ec2: EC2Client,
  { name, region }: Settings,
  node: string,
  states: string[],
): Promise<Instance[]> {
  const tags = { 'tag:searchgate:name': [name], 'tag:searchgate:node': [node], 'instance-state-name': states };
  const Filters = Object.entries(tags).map(([Name, Values]) => ({ Name, Values }));
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters })).catch((error) => {
    throw new UserError(`hosts in ${region} cannot be looked for: ${(error as Error).message}`);
  });
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

function dataVolumeOf(instance: Instance | undefined): string | undefined {
  return instance?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === '/dev/sdf')?.Ebs?.VolumeId;
}
