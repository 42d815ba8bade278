import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSettings, type Settings } from '../../settings';
import { machineState } from './cache';
import { type Certificate, CertificateAuthority } from './certificates';
import { cloudKernel } from './kernel';
import { LoopDevice } from './loop-device';
import { Machine } from './machine';
import { Neighbourhood } from './neighbourhood';
import { type PackageRepository, packageRepository } from './package-repository';
import type { Parameter } from './parameter-store';
import { removeLeftovers } from './root-disk';
import { rootFileSystem } from './root-file-system';
import { type MachineUserData, synthesizedUserData } from './user-data';
import { VirtualMachine } from './virtual-machine';

/** The data volume's id in rehearsals. */
export const volumeId = 'vol-0123456789abcdef0';

const snapshotBucket = 'searchgate-snapshots';

/** 4 GiB as a t4g.medium shows them, in KiB. */
const memory = 3_902_464;

/** Elastic's package repository, and Amazon Linux's. */
const packageHosts = ['artifacts.elastic.co', 'cdn.amazonlinux.com'];

/** What a host reaches by name. */
const serverNames = (region: string) => [
  `ssm.${region}.amazonaws.com`,
  `monitoring.${region}.amazonaws.com`,
  ...packageHosts,
];

/**
 * The place where hosts boot: network, AWS's stand-ins, Elastic's repository and a data volume, for as many instances as are launched in turn.
 * Needs root on Debian (`.ci/install-debian-packages`); `close` leaves nothing behind but the caches below `.rehearsal/`.
 */
export class HostBoot {
  private readonly machines: Machine[] = [];
  private readonly virtualMachines: VirtualMachine[] = [];

  private constructor(
    readonly neighbours: Neighbourhood,
    public volume: LoopDevice,
    readonly repository: PackageRepository,
    readonly userData: MachineUserData,
    /** Certificate of the CA that the host's certificates are signed by, PEM. */
    readonly hostAuthority: string,
    private readonly folder: string,
    private readonly root: string,
    private readonly awsAuthority: string,
  ) {}

  static async prepare(
    onProgress: (text: string) => void,
    settings: Settings = loadSettings().settings,
  ): Promise<HostBoot> {
    const repository = await packageRepository(onProgress);
    const root = await rootFileSystem(onProgress);
    await mkdir(machineState, { recursive: true });
    await removeAbandoned();
    const folder = await mkdtemp(join(machineState, `boot-${process.pid}-`));
    const bucket = join(folder, 'buckets', snapshotBucket);
    await mkdir(bucket, { recursive: true });
    // the user behind Elasticsearch has a number inside that nobody knows out here
    await chmod(bucket, 0o777);
    const userData = synthesizedUserData(settings, {
      DATA_VOLUME_ID: volumeId,
      PRIVATE_ADDRESS: '10.42.0.10',
      SNAPSHOT_BUCKET: snapshotBucket,
    });
    const {
      REGION: region = '',
      PARAMETER_PREFIX: prefix = '',
      NODE: node = '',
      PRIVATE_ADDRESS: address = '',
    } = userData.environment;

    const aws = new CertificateAuthority('stand-ins for AWS and Elastic');
    const neighbours = await Neighbourhood.start({
      region,
      ...aws.issue(serverNames(region)),
      packageHosts,
      bridge: 'vpc',
      addresses: [`${gateway(address)}/24`, '169.254.169.254/32'],
      rights: {
        read: [`${prefix}/certificates/`, `${prefix}/secrets/`, `${prefix}/upgrade/${node}`],
        write: [`${prefix}/secrets/`, `${prefix}/hosts/${node}/`],
        namespace: `Searchgate/${settings.name}`,
      },
    });
    await neighbours.publish(repository, 'first');
    const hostAuthority = await issueHostCertificates(neighbours, userData);
    const volume = await LoopDevice.attach(join(folder, 'data.img'), 2 ** 30);
    aws.close();
    return new HostBoot(neighbours, volume, repository, userData, hostAuthority, folder, root, aws.certificate);
  }

  /** A new instance with an empty root disk; the data volume is the same for all. */
  async launch(): Promise<Machine> {
    const { REGION: region = '', PRIVATE_ADDRESS: address = '' } = this.userData.environment;
    const folder = join(this.folder, `instance-${this.machines.length}`);
    await mkdir(folder);
    const machine = await Machine.launch({
      folder,
      root: this.root,
      namespace: this.neighbours.namespace,
      bridge: 'vpc',
      address: `${address}/24`,
      gateway: gateway(address),
      hosts: [`${gateway(address)} ${serverNames(region).join(' ')}`],
      authority: this.awsAuthority,
      guard: (id) => this.neighbours.guard(id),
      userData: this.userData.text,
      memory,
      buckets: join(this.folder, 'buckets'),
    });
    this.machines.push(machine);
    return machine;
  }

  /** Gives an instance that is off a kernel, memory and disks of its own. */
  async virtual(instance: Machine, onProgress: (text: string) => void): Promise<VirtualMachine> {
    const machine = await VirtualMachine.from(instance, await cloudKernel(onProgress), this.volume, volumeId);
    this.virtualMachines.push(machine);
    return machine;
  }

  /** What every instance has written to its root disk, as folders. */
  get rootDisks(): string[] {
    return this.machines.map(({ disk }) => disk);
  }

  /** Another data volume in the place of the one before, blank. */
  async blankVolume(size = 2 ** 30): Promise<void> {
    const { file } = this.volume;
    await this.volume.destroy();
    this.volume = await LoopDevice.attach(file, size);
  }

  /** As if nothing had ever been deployed but the certificates: a blank volume, and no secret in Systems Manager. */
  async startOver(): Promise<void> {
    await this.blankVolume();
    const kept = /^\/[^/]+\/certificates\//;
    for (const name of Object.keys(await this.neighbours.parameters()))
      if (!kept.test(name)) await this.neighbours.remove(name);
  }

  async close(): Promise<void> {
    for (const machine of [...this.virtualMachines, ...this.machines]) await machine.destroy();
    await this.neighbours.close();
    await this.volume.destroy();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What a process that was killed has left behind: its machines have ended with it, its disk and its folder have not. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(machineState)) {
    const owner = /^boot-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    await removeLeftovers(join(machineState, name), await readFile('/proc/mounts', 'utf8'));
  }
}

/** The first address of the subnet, which is the router's in every VPC. */
function gateway(address: string): string {
  return address.replace(/\d+$/, '1');
}

/** What the certificates stack keeps in Systems Manager: trusted CAs, PEM, and each server's certificate and key. */
export function certificateParameters(
  prefix: string,
  authorities: string,
  servers: Readonly<Record<string, Certificate>>,
): Record<string, Parameter> {
  const parameter = (type: Parameter['type'], value: string): Parameter => ({ type, value, version: 1 });
  return Object.fromEntries([
    [`${prefix}/certificates/ca`, parameter('String', authorities)],
    ...Object.entries(servers).flatMap(([server, { certificate, key }]) => [
      [`${prefix}/certificates/${server}/certificate`, parameter('String', certificate)],
      [`${prefix}/certificates/${server}/key`, parameter('SecureString', key)],
    ]),
  ]);
}

/** What the certificates stack would have put into Systems Manager. Gives the CA certificate, PEM. */
async function issueHostCertificates(neighbours: Neighbourhood, { environment }: MachineUserData): Promise<string> {
  const {
    PARAMETER_PREFIX: prefix,
    NODE: node,
    ELASTICSEARCH_SERVER_NAME: search = '',
    KIBANA_SERVER_NAME: kibana = '',
  } = environment;
  const authority = new CertificateAuthority('searchgate');
  const servers = { [String(node)]: authority.issue(search), kibana: authority.issue(kibana) };
  authority.close();
  await neighbours.put(certificateParameters(String(prefix), authority.certificate, servers));
  return authority.certificate;
}
