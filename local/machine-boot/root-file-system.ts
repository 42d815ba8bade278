import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { made, succeed } from './cache';

/** What a machine needs of what Amazon Linux 2023 carries: systemd, cloud-init, dnf, the AWS CLI, tools for disks; and a library that sets a program's clock wrong. */
const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'udev', 'libpam-systemd', 'cloud-init', 'netplan.io'],
  ...['dnf', 'rpm', 'gnupg', 'awscli', 'python3', 'python3-yaml', 'openssl', 'ca-certificates', 'curl'],
  ...['e2fsprogs', 'fdisk', 'iproute2', 'procps', 'kmod', 'locales', 'less', 'sudo', 'libfaketime'],
];

/** Units that have nothing to do in a container, or would ask questions, or would touch the devices of the machine around it */
const masked = [
  ...['systemd-firstboot.service', 'systemd-udev-trigger.service', 'systemd-timesyncd.service'],
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'console-getty.service'],
];

/** What an image's own cloud-init configuration says: where user data comes from, and that network and keys are not its work here. */
const cloudConfiguration = `datasource_list: [NoCloud, None]
network: {config: disabled}
locale: C.UTF-8
ssh_genkeytypes: []
ssh_deletekeys: false
`;

/** The root file system that every machine starts from, of Debian's packages: a minute and 600 MB once. */
export function rootFileSystem(onProgress: (text: string) => void): Promise<string> {
  const wait = () => onProgress('another process is making the root file system: waiting');
  return made('root', [__filename], wait, async (root) => {
    onProgress(`a root file system of ${packages.length} Debian packages and what they need`);
    const options = ['--variant=minbase', '--components=main', '--quiet', `--include=${packages.join(',')}`];
    await succeed('mmdebstrap', [...options, 'bookworm', root]);
    const file = async (path: string, text: string) => {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    };
    await file('etc/cloud/cloud.cfg.d/90_machine.cfg', cloudConfiguration);
    await file('etc/machine-id', '');
    await file('etc/hostname', 'host\n');
    // as on Amazon Linux, where dnf knows its release and has a folder for repositories
    await mkdir(join(root, 'etc/yum.repos.d'));
    await file('etc/dnf/vars/releasever', '12\n');
    for (const unit of masked) await symlink('/dev/null', join(root, 'etc/systemd/system', unit));
    for (const [target, unit] of [
      ['multi-user.target', 'systemd-networkd.service'],
      ['network-online.target', 'systemd-networkd-wait-online.service'],
    ] as const) {
      const folder = join(root, 'etc/systemd/system', `${target}.wants`);
      await mkdir(folder, { recursive: true });
      await rm(join(folder, unit), { force: true });
      await symlink(`/usr/lib/systemd/system/${unit}`, join(folder, unit));
    }
  });
}
