import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { made, succeed } from './cache';

/** A kernel and its first file system in memory, as files. */
export interface Kernel {
  readonly kernel: string;
  readonly initialFileSystem: string;
}

/** Debian's kernel for virtual machines on clouds, with every module that its disks and its network may need: a minute and 300 MB once. */
export async function cloudKernel(onProgress: (text: string) => void): Promise<Kernel> {
  const wait = () => onProgress('another process is fetching the kernel: waiting');
  const folder = await made('kernel', [__filename], wait, async (root) => {
    onProgress('a kernel of its own');
    const architecture = (await succeed('dpkg', ['--print-architecture'])).trim();
    const packages = `linux-image-cloud-${architecture},initramfs-tools`;
    await succeed('mmdebstrap', ['--variant=minbase', '--quiet', `--include=${packages}`, 'bookworm', root]);
  });
  const boot = join(folder, 'boot');
  const found = (prefix: string) => join(boot, readdirSync(boot).find((name) => name.startsWith(prefix)) ?? prefix);
  return { kernel: found('vmlinuz-'), initialFileSystem: found('initrd.img-') };
}
