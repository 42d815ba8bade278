import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { clientOptions } from '../../../local/emulator/account';
import { keepSilent } from '../../../local/power/silence';
import { run } from '../../../local/process-group';
import { type Deployment, deployEverything, startAccount, synthesize } from '../../../local/rehearsal/deployment';
import { Progress } from '../../../local/rehearsal/progress';
import { loadSettings, type Settings } from '../../../settings';
import { EmulatedHosts } from '../emulated-hosts';
import { TrialCluster } from './trial-cluster';

/** One of the deployed machines, as far as it is followed. */
interface Machine {
  /** The instance that it is; undefined while it is off. */
  instance?: string;
  silence?: { end(): void };
  /** What is done to it, one after the other. */
  doing: Promise<void>;
}

/**
 * Three hosts that the product's own synth and Terraform deploy into an emulated AWS, and behind each a real node of Elasticsearch, which
 * is on while the host's instance runs with its volume attached: it is stopped in order when that stops or is terminated, and started, with
 * the volume as it was left, when that starts or another one takes its place. While a machine is off its address is silent.
 */
export class DeployedCluster {
  /** What happened to the machines, in order: `node-0 goes down`, `is off`, `boots`, `is ready`. */
  readonly events: string[] = [];
  private readonly machines: Machine[];
  private readonly held = new Set<number>();
  private boots = 0;
  private over = false;
  private following: Promise<void> | undefined;
  private failure: Error | undefined;
  private readonly ec2: EC2Client;
  private readonly hosts: EmulatedHosts;
  /** What a machine does first when it goes down. */
  goingDown: (node: number) => Promise<void> = async () => undefined;

  private constructor(
    readonly settings: Settings,
    readonly folder: string,
    readonly deployment: Deployment,
    readonly trial: TrialCluster,
  ) {
    this.ec2 = new EC2Client(clientOptions(this.endpoint, settings.region));
    this.hosts = new EmulatedHosts(this.endpoint);
    this.machines = trial.addresses.map(() => ({ doing: Promise.resolve() }));
  }

  /** Deploys, and waits until the nodes are one green cluster with a repository for snapshots. */
  static async deploy(): Promise<DeployedCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'deployed-cluster-'));
    const example = JSON.parse(readFileSync('settings/example.json', 'utf8'));
    const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
    const file = join(folder, 'settings.json');
    writeFileSync(
      file,
      JSON.stringify({ ...example, host: { ...example.host, nodes: 3 }, network: { ...example.network, zones } }),
    );
    const { settings } = loadSettings(file);
    const product = join(folder, 'product');
    await synthesize(product, { ...process.env, SEARCHGATE_SETTINGS: file });
    const progress = new Progress();
    const account = await startAccount(settings, { venv: '.rehearsal/venv', progress });
    try {
      const deployment = await deployEverything(settings, account, { product, folder, progress });
      const trial = await TrialCluster.prepare(3);
      mkdirSync(join(trial.buckets, 'searchgate-snapshots'));
      const cluster = new DeployedCluster(settings, folder, deployment, trial);
      await cluster.begin();
      return cluster;
    } catch (error) {
      await account.emulator.stop();
      throw error;
    }
  }

  get endpoint(): string {
    return this.deployment.emulator.endpoint;
  }

  get settingsFile(): string {
    return join(this.folder, 'settings.json');
  }

  get product(): string {
    return join(this.folder, 'product');
  }

  /** The instances that are not terminated, by node. */
  async instances(): Promise<Record<string, Instance>> {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({}));
    return Object.fromEntries(
      Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map((instance) => [instance.Tags?.find(({ Key }) => Key === 'searchgate:node')?.Value, instance]),
    );
  }

  /** From now on a machine that starts gets no further than its firmware. */
  hold(...nodes: number[]): void {
    for (const node of nodes) this.held.add(node);
  }

  release(node: number): void {
    this.held.delete(node);
  }

  /** Waits for what the machines do. @throws what failed with one of them meanwhile */
  async until(what: string, seconds = 300): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; !this.events.includes(what); await wait(100)) {
      if (this.failure !== undefined) throw this.failure;
      if (Date.now() > deadline) throw new Error(`not in ${seconds} s: ${what}, but ${this.events.join(', ')}`);
    }
  }

  /** A person stops a node's instance in the console, or starts it. */
  async byHand(what: 'start' | 'stop', node: string): Promise<void> {
    const InstanceIds = [(await this.instances())[node]?.InstanceId ?? ''];
    if (what === 'start') await this.ec2.send(new StartInstancesCommand({ InstanceIds }));
    else await this.ec2.send(new StopInstancesCommand({ InstanceIds }));
  }

  /** Runs one of the scripts that a host carries, on its node's files. */
  async script(node: number, script: string): Promise<{ code: number | null; output: string }> {
    const host = this.trial.hosts[node];
    if (host === undefined) throw new Error(`there is no node-${node}`);
    const { program, parameters, env } = host.command(script);
    const { code, output, errors } = await run(program, parameters, { env });
    return { code, output: output + errors };
  }

  async close(): Promise<void> {
    this.over = true;
    await this.following;
    await Promise.allSettled(this.machines.map(({ doing }) => doing));
    for (const { silence } of this.machines) silence?.end();
    await this.trial.close();
    this.hosts.close();
    this.ec2.destroy();
    await this.deployment.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async begin(): Promise<void> {
    this.following = this.follow().catch((error: Error) => {
      this.failure = error;
    });
    for (const node of this.machines.keys()) await this.until(`node-${node} is ready`);
    await this.trial.settled(3, 'green');
    for (const node of this.machines.keys()) {
      const { code, reason } = this.trial.formed(node);
      if (code !== 0) throw new Error(`node-${node}: ${reason}`);
    }
    const repository = { type: 's3', settings: { bucket: 'searchgate-snapshots' } };
    const { status } = await this.trial.ask('PUT', '/_snapshot/searchgate', JSON.stringify(repository));
    if (status !== 200) throw new Error(`the repository is refused with ${status}`);
    this.events.length = 0;
  }

  private async follow(): Promise<void> {
    for (; !this.over && this.failure === undefined; await wait(200)) {
      const instances = await this.instances();
      for (const [node, machine] of this.machines.entries()) {
        const instance = instances[`node-${node}`];
        const whole = instance?.BlockDeviceMappings?.some(({ DeviceName }) => DeviceName === '/dev/sdf') === true;
        const running = whole && instance.State?.Name === 'running' ? instance.InstanceId : undefined;
        if (running === machine.instance) continue;
        const before = machine.instance;
        machine.instance = running;
        machine.doing = machine.doing
          .then(async () => {
            if (before !== undefined) await this.shutDown(node, machine, before);
            if (running !== undefined) await this.boot(node, machine, running);
          })
          .catch((error: Error) => {
            this.failure ??= error;
          });
      }
    }
  }

  private async shutDown(node: number, machine: Machine, instance: string): Promise<void> {
    this.events.push(`node-${node} goes down`);
    await this.goingDown(node);
    await this.trial.stop(node);
    machine.silence = await keepSilent(this.trial.port, this.trial.addresses[node]);
    this.events.push(`node-${node} is off`);
    await this.tell(instance, 'off');
  }

  private async boot(node: number, machine: Machine, instance: string): Promise<void> {
    while (this.held.has(node) && !this.over) await wait(100);
    machine.silence?.end();
    machine.silence = undefined;
    this.events.push(`node-${node} boots`);
    await this.tell(instance, 'on');
    await this.trial.start(node);
    const client = this.trial.client(node);
    try {
      // what setup waits for before it says that a host is ready
      while (!this.over && machine.instance === instance) {
        const health = await client.cluster.health({}, { maxRetries: 0 }).catch(() => undefined);
        if (health !== undefined && health.status !== 'red') break;
        await wait(500);
      }
    } finally {
      await client.close();
    }
    this.boots += 1;
    await this.hosts.ready(`node-${node}`, `boot-${this.boots}`, '9.5.3');
    this.events.push(`node-${node} is ready`);
  }

  /** The emulator's instance is stopped when its machine is. */
  private async tell(instance: string, machine: 'on' | 'off'): Promise<void> {
    const Tags = [{ Key: 'emulator:machine', Value: machine }];
    await this.ec2.send(new CreateTagsCommand({ Resources: [instance], Tags })).catch(() => undefined);
  }
}
