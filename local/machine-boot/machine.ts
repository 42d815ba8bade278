import { mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Finished, ProcessGroup, run } from '../process-group';
import { type BootReport, followBoot } from './boot-console';
import { succeed } from './cache';
import { RootDisk } from './root-disk';

export interface MachineOptions {
  /** An empty folder for this machine's root disk, console log and boot script; the caller removes it once the machine is destroyed. */
  readonly folder: string;
  /** The read-only root file system that it starts from. */
  readonly root: string;
  /** Network namespace and bridge that its interface is connected to. */
  readonly namespace: string;
  readonly bridge: string;
  /** Its address with prefix length, as in `10.42.0.10/24`, and the gateway. */
  readonly address: string;
  readonly gateway: string;
  /** Lines for /etc/hosts. */
  readonly hosts: readonly string[];
  /** CA certificate that the machine trusts for the servers around it, PEM. */
  readonly authority: string;
  /** User data, plain text; sent gzipped, as EC2 gets it. */
  readonly userData: string;
  /** Takes the process that has to be ended where this one is killed; 0 once the machine is off. */
  readonly guard: (id: number) => Promise<void>;
  /** Memory that the machine believes to have, in KiB. */
  readonly memory: number;
  /** A folder whose folders stand for S3 buckets, seen inside as /mnt/buckets. */
  readonly buckets: string;
}

/**
 * An instance: a machine of its own with systemd, cloud-init and a root disk that is new with every instance (a layer over the root file system).
 * It runs in namespaces of this machine's kernel (systemd-nspawn), sees the data volume as an NVMe device and its neighbours through a virtual interface.
 */
export class Machine {
  private group: ProcessGroup | undefined;
  private boots = 0;
  /** Processes that the kernel had killed for lack of memory when this machine was powered on. */
  private killsBefore = 0;

  private constructor(
    readonly options: MachineOptions,
    private readonly root: RootDisk,
  ) {}

  /** Makes a new instance, not yet booted. */
  static async launch(options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options, await RootDisk.make(options.folder));
    for (const folder of ['disk', 'work']) await mkdir(join(machine.root.folder, folder));
    await mkdir(join(options.folder, 'merged'));
    const seed = 'var/lib/cloud/seed/nocloud';
    await machine.write(`${seed}/user-data`, gzipSync(options.userData));
    await machine.write(`${seed}/meta-data`, `instance-id: i-${Date.now().toString(16)}\nlocal-hostname: host\n`);
    await machine.write('etc/hosts', ['127.0.0.1 localhost host', ...options.hosts, ''].join('\n'));
    await machine.write(
      'etc/systemd/network/10-host0.network',
      `[Match]\nName=host0 eth0\n[Network]\nAddress=${options.address}\nGateway=${options.gateway}\nLinkLocalAddressing=no\n`,
    );
    const trusted = await readFile(join(options.root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8');
    await machine.write('etc/ssl/certs/ca-certificates.crt', trusted + options.authority);
    await machine.write('usr/lib/systemd/system/sshd.service', listeningSshd);
    await machine.link('usr/lib/systemd/system/multi-user.target.wants/sshd.service', '../sshd.service');
    // Debian's AWS CLI carries certificates of its own; whoever has options for Java here means every Java
    const { JDK_JAVA_OPTIONS: java } = process.env;
    const variables = [
      'AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt',
      ...(java === undefined ? [] : [`"JDK_JAVA_OPTIONS=${java}"`]),
    ];
    await machine.write(
      'etc/systemd/system.conf.d/environment.conf',
      `[Manager]\nDefaultEnvironment=${variables.join(' ')}\n`,
    );
    return machine;
  }

  /** What this instance has written to its root disk, as a folder. Whole only while it is off. */
  get disk(): string {
    return join(this.root.folder, 'disk');
  }

  /** The console of every boot. */
  get console(): string {
    return join(this.options.folder, 'console.log');
  }

  /**
   * Powers on and waits until setup has told how it went.
   * @param device block device of the data volume, and the volume's id.
   * @param onLine gets every line of the console.
   * @throws Error with the end of the console where nothing is told within `patience` seconds.
   */
  async boot(
    device: string,
    volumeId: string,
    onLine: (line: string) => void = () => {},
    patience = 400,
  ): Promise<BootReport> {
    this.boots++;
    // device names change between boots, as on EC2; the link by id is udev's work there
    const name = `nvme${this.boots}n1`;
    const link = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
    await this.write('etc/tmpfiles.d/data-volume.conf', `L ${link} - - - - /dev/${name}\n`);
    await this.write(meminfo.slice(1), await this.memory());
    this.killsBefore = await kernelKills();
    await this.write(vmstat.slice(1), 'oom_kill 0\n');
    await writeFile(join(this.options.folder, 'boot'), bootScript);
    // what was written while it was off is there, whatever happens next
    await succeed('sync', ['--file-system', this.disk]);

    const { folder, root, namespace, bridge, buckets } = this.options;
    const group = new ProcessGroup(
      // the machine ends together with this process, however that ends
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        'nsenter',
        `--net=${namespace}`,
        'unshare',
        '--mount',
        'bash',
        join(folder, 'boot'),
        folder,
        root,
        bridge,
        device,
        `/dev/${name}`,
        buckets,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.group = group;
    void group.ended.then(() => {
      if (this.group === group) this.group = undefined;
    });
    void this.guard(group);
    return followBoot(group, { file: this.console, onLine, patience });
  }

  /** Has the process that is number 1 inside ended where this one is killed, as soon as there is one. */
  private async guard(group: ProcessGroup): Promise<void> {
    for (; this.group === group; await wait(50)) {
      const leader = await this.leader().catch(() => 0);
      if (leader > 0) return this.options.guard(leader);
    }
  }

  get isOn(): boolean {
    return this.group !== undefined;
  }

  /** Runs a shell command inside, as root. */
  async run(command: string): Promise<Finished> {
    return run('nsenter', await this.insideOf('bash', '-c', command));
  }

  /** The parameters that make `nsenter` run a program inside. */
  async insideOf(...program: string[]): Promise<string[]> {
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
    return ['--target', String(await this.leader()), ...namespaces, ...program];
  }

  /** Lets the machine see how many processes the kernel has killed for lack of memory since power-on; it counts those of all machines together. */
  async showKills(): Promise<void> {
    await this.run(`echo oom_kill ${(await kernelKills()) - this.killsBefore} > ${vmstat}`);
  }

  /** Shuts down in order. */
  async powerOff(): Promise<void> {
    if (this.group === undefined) return;
    process.kill(await this.leader(), powerOffSignal);
    await this.gone(60);
  }

  /** Ends it as a power failure does: of both disks only that is left which had reached them. */
  async powerCut(): Promise<void> {
    if (this.group === undefined) return;
    const leader = await this.leader();
    await run('python3', ['-c', loseUnwritten, this.root.folder, `/proc/${leader}/root/srv/searchgate`]);
    process.kill(leader, 'SIGKILL');
    await this.gone(20);
    await this.root.remount();
  }

  /** Ends it and takes its root disk away. */
  async destroy(): Promise<void> {
    await this.powerCut();
    await this.root.destroy();
  }

  private async gone(seconds: number): Promise<void> {
    const timer = setTimeout(() => void this.group?.end(), seconds * 1000);
    await this.group?.ended;
    clearTimeout(timer);
    this.group = undefined;
    await this.options.guard(0);
  }

  /** The process that is number 1 inside, by its number out here. */
  async leader(): Promise<number> {
    const outer = this.group?.child.pid;
    const children = await readFile(`/proc/${outer}/task/${outer}/children`, 'utf8').catch(() => '');
    for (const child of children.split(' ').filter(Boolean)) {
      // not a helper on the way: the one that is number 1 in its own process namespace
      const status = await readFile(`/proc/${child}/status`, 'utf8').catch(() => '');
      if (/^NSpid:\t\d+\t1$/m.test(status)) return Number(child);
    }
    throw new Error('the machine is off');
  }

  private async memory(): Promise<string> {
    const text = await readFile('/proc/meminfo', 'utf8');
    return text.replace(/^(MemTotal|MemFree|MemAvailable): .*$/gm, (_, name) => `${name}: ${this.options.memory} kB`);
  }

  /** Removes a file from its disk, while it is off. */
  async remove(path: string): Promise<void> {
    await rm(join(this.disk, path), { force: true });
  }

  /** Makes a symbolic link on its disk, while it is off. */
  async link(path: string, target: string): Promise<void> {
    await mkdir(join(this.disk, path, '..'), { recursive: true });
    await symlink(target, join(this.disk, path));
  }

  /** Every process of a user inside, by their numbers out here. */
  async processesOf(user: string): Promise<number[]> {
    const wanted = new Set((await this.run(`pgrep -u ${user}`)).output.split('\n').filter(Boolean));
    const namespace = await readlink(`/proc/${await this.leader()}/ns/pid`);
    const found: number[] = [];
    for (const id of await readdir('/proc')) {
      if (!/^\d+$/.test(id) || (await readlink(`/proc/${id}/ns/pid`).catch(() => '')) !== namespace) continue;
      const numbers = /^NSpid:\s+(.*)$/m.exec(await readFile(`/proc/${id}/status`, 'utf8').catch(() => ''))?.[1];
      if (wanted.has(numbers?.split('\t').at(-1) ?? '')) found.push(Number(id));
    }
    return found;
  }

  /** Writes a file to its disk, while it is off. */
  async write(path: string, content: string | Buffer): Promise<void> {
    const file = join(this.disk, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
}

/** ext4 stops at once and does not write its journal out (EXT4_IOC_SHUTDOWN, flag 2); unmounting would. A volume that is not mounted is left alone. */
const loseUnwritten = `
import fcntl, os, struct, sys
for place in sys.argv[1:]:
    if os.stat(place).st_dev != os.stat(place + "/..").st_dev:
        fcntl.ioctl(os.open(place, os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`;

/** Amazon Linux starts an SSH server; a stand-in that only listens. */
const listeningSshd = `[Unit]
Description=A stand-in for the SSH server
[Service]
ExecStart=/usr/bin/python3 -c "import socket, time; kept = socket.create_server(('', 22)); time.sleep(1e6)"
`;

/** SIGRTMIN+4, which systemd understands so. */
const powerOffSignal = 38;

/** Paths inside: what is bound over /proc is looked up there. */
const meminfo = '/usr/lib/machine/meminfo';
const vmstat = '/usr/lib/machine/vmstat';

async function kernelKills(): Promise<number> {
  return Number(/^oom_kill (\d+)$/m.exec(await readFile('/proc/vmstat', 'utf8'))?.[1]);
}

/**
 * nspawn wants /run on a tmpfs and no system bus of ours; the layered root goes together with the mount namespace. The disks of other machines are not held
 * there, which would keep them from being mounted anew. Programs in control groups (BPF) are what IPAddressDeny of a unit consists of.
 */
const bootScript = `set -euo pipefail
folder=$1 root=$2 bridge=$3 device=$4 name=$5 buckets=$6
mount --make-rprivate /
awk -v own="$folder/" '$2 ~ "/boot-[0-9]+-[^/]+/instance-[0-9]+/root$" && index($2, own) != 1 { print $2 }' /proc/self/mounts | xargs --no-run-if-empty umount
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd
mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/root/disk,workdir=$folder/root/work" "$folder/merged"
exec systemd-nspawn --boot --directory="$folder/merged" --machine=host --register=no --keep-unit --console=read-only \\
  --network-bridge="$bridge" --capability=CAP_BPF,CAP_PERFMON --system-call-filter=bpf \\
  --bind="$device:$name" --bind="$buckets:/mnt/buckets" \\
  --bind-ro=${meminfo}:/proc/meminfo --bind-ro=${vmstat}:/proc/vmstat --resolv-conf=off --timezone=off
`;
