import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Finished, ProcessGroup } from '../process-group';
import { type BootReport, followBoot } from './boot-console';
import { succeed } from './cache';
import { Conversation } from './conversation';
import type { Kernel } from './kernel';
import type { LoopDevice } from './loop-device';
import type { Machine } from './machine';

/**
 * An instance with a kernel, memory and disks of its own (QEMU; slow where there is no KVM): what a machine in namespaces of another kernel has to leave out or write over.
 * Its data volume has the volume's id as its serial number, and can grow (QEMU's NVMe devices cannot).
 */
export class VirtualMachine {
  private group: ProcessGroup | undefined;
  private commands: Conversation | undefined;

  private constructor(
    private readonly instance: Machine,
    private readonly kernel: Kernel,
    private readonly volume: LoopDevice,
    private readonly serial: string,
  ) {}

  /** @param instance off, booted before or not; it is not booted itself afterwards. */
  static async from(instance: Machine, kernel: Kernel, volume: LoopDevice, volumeId: string): Promise<VirtualMachine> {
    const { folder, root } = instance.options;
    await instance.write('usr/lib/machine/commands', commandServer);
    await instance.write('usr/lib/systemd/system/commands.service', commandService);
    await instance.link('usr/lib/systemd/system/multi-user.target.wants/commands.service', '../commands.service');
    // an emulated processor takes longer than the package allows, least where Java compiles once and plainly
    const plainly = 'Environment="ES_JAVA_OPTS=-XX:TieredStopAtLevel=1 -XX:UseAVX=0"';
    const patient = 'etc/systemd/system/elasticsearch.service.d/zz-emulated.conf';
    await instance.write(patient, `[Service]\nTimeoutStartSec=1h\n${plainly}\n`);
    await instance.write(
      'etc/systemd/system.conf.d/emulated.conf',
      '[Manager]\nDefaultEnvironment=ANSWER_SECONDS=3600\n',
    );
    await writeFile(join(folder, 'make-disk'), makeDisk);
    await succeed('unshare', ['--mount', 'bash', join(folder, 'make-disk'), folder, root]);
    return new VirtualMachine(instance, kernel, volume, volumeId.replace('-', ''));
  }

  /** Powers on and waits until setup has told how it went: see `followBoot`. */
  async boot(onLine: (line: string) => void = () => {}, patience = 400): Promise<BootReport> {
    const { folder, namespace, bridge, memory } = this.instance.options;
    await succeed('nsenter', [`--net=${namespace}`, 'bash', '-ec', connectTap, 'bash', bridge]);
    const drive = (id: string, file: string) => ['-drive', `file=${file},format=raw,if=none,id=${id}`];
    const socket = (id: string) => ['-chardev', `socket,id=${id},path=${join(folder, id)},server=on,wait=off`];
    const qemu = [
      'qemu-system-x86_64',
      ...['-machine', 'q35', ...(await acceleration(this.kernel)), '-smp', '2'],
      ...['-m', `${Math.round(memory / 1024 + hidden)}M`],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio'],
      ...['-kernel', this.kernel.kernel, '-initrd', this.kernel.initialFileSystem],
      ...['-append', 'root=/dev/vda rw console=ttyS0 net.ifnames=0 panic=-1'],
      ...drive('root', join(folder, 'virtual.img')),
      ...['-device', 'virtio-blk-pci,drive=root'],
      ...drive('data', this.volume.device),
      ...['-device', `virtio-blk-pci,drive=data,serial=${this.serial}`],
      ...['-netdev', 'tap,id=network,ifname=virtual,script=no,downscript=no'],
      ...['-device', 'virtio-net-pci,netdev=network,mac=02:00:0a:2a:00:0a'],
      ...['-device', 'virtio-rng-pci'],
      ...socket('commands'),
      ...['-serial', 'chardev:commands'],
      ...socket('monitor'),
      ...['-mon', 'chardev=monitor,mode=control'],
    ];
    // the machine ends together with this process, however that ends
    const alone = ['--pdeathsig', 'KILL', 'nsenter', `--net=${namespace}`];
    const group = new ProcessGroup('setpriv', [...alone, ...qemu], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.group = group;
    const report = await followBoot(group, { file: this.instance.console, onLine, patience });
    this.commands = await Conversation.open(join(folder, 'commands'));
    return report;
  }

  /** Runs a shell command inside, as root. */
  async run(command: string): Promise<Finished> {
    if (this.commands === undefined) throw new Error('the machine is off');
    const answer = await this.commands.ask(Buffer.from(command).toString('base64'));
    const [code, output = '', errors = ''] = answer.split(' ');
    const plain = (text: string) => Buffer.from(text, 'base64').toString();
    return { code: Number(code), output: plain(output), errors: plain(errors) };
  }

  /** Makes the data volume larger while it is in use, as EBS does. @param size in bytes. */
  async growVolume(size: number): Promise<void> {
    await this.volume.grow(size);
    const monitor = await Conversation.open(join(this.instance.options.folder, 'monitor'));
    try {
      const told = (line: string) => /"(return|error)"/.test(line);
      await monitor.ask(JSON.stringify({ execute: 'qmp_capabilities' }), told);
      const answer = await monitor.ask(
        JSON.stringify({ execute: 'block_resize', arguments: { device: 'data', size } }),
        told,
      );
      if (!answer.includes('"return"')) throw new Error(`the volume does not grow: ${answer}`);
    } finally {
      monitor.close();
    }
  }

  /** Ends it at once. */
  async destroy(): Promise<void> {
    this.commands?.close();
    await this.group?.end();
    this.group = undefined;
  }
}

/** KVM where a kernel comes to its first line by it: there are machines on which it opens and then stands still. */
async function acceleration({ kernel }: Kernel): Promise<string[]> {
  const hardware = ['-accel', 'kvm', '-cpu', 'host,-arch-capabilities'];
  const quiet = ['-nodefaults', '-display', 'none', '-serial', 'stdio', '-append', 'earlyprintk=serial panic=-1'];
  const group = new ProcessGroup('qemu-system-x86_64', [...hardware, ...quiet, '-kernel', kernel], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const firstLine = new Promise<boolean>((resolve) => {
    let text = '';
    group.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('Linux version')) resolve(true);
    });
    void group.ended.then(() => resolve(false));
  });
  const works = await Promise.race([firstLine, wait(10_000, false, { ref: false })]);
  await group.end();
  return works ? hardware : ['-accel', 'tcg,thread=multi', '-cpu', 'max'];
}

/** MiB of its memory that a kernel keeps to itself and does not show. */
const hidden = 170;

/** Runs what it is asked to through the second serial port, one command after another. */
const commandServer = `exec 3<> /dev/ttyS1
stty raw -echo <&3
while read -r command <&3; do
  code=0
  base64 --decode <<< "$command" | bash > /run/command.output 2> /run/command.errors || code=$?
  echo "$code $(base64 --wrap=0 /run/command.output) $(base64 --wrap=0 /run/command.errors)" >&3
done
`;

const commandService = `[Unit]
Description=Commands from outside
[Service]
ExecStart=/bin/bash /usr/lib/machine/commands
Restart=always
`;

/** The root disk: what all instances start from, with what this one has beside it, and the devices that a machine in namespaces has not. */
const makeDisk = `set -euo pipefail
folder=$1 root=$2
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/root/disk,workdir=$folder/root/work" "$folder/merged"
rm --force "$folder/merged/etc/systemd/system/systemd-udev-trigger.service" "$folder/merged/etc/tmpfiles.d/data-volume.conf"
install --directory --mode 777 "$folder/merged/mnt/buckets/searchgate-snapshots"
truncate --size 4G "$folder/virtual.img"
mkfs.ext4 -q -E lazy_itable_init=1,lazy_journal_init=1 -d "$folder/merged" "$folder/virtual.img"
`;

const connectTap = `ip tuntap add dev virtual mode tap 2> /dev/null || true
ip link set virtual master "$1" up`;
