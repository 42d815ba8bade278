import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from '../process-group';
import { succeed } from './cache';
import { LoopDevice } from './loop-device';

/** 4 GiB: setup needs less than a half; it takes room here for what is written only. */
const size = 4 * 2 ** 30;

/**
 * What an instance writes beside the root file system that all start from: an ext4 file system of its own in a file, so that it can fill up,
 * and loses at a power cut what had not reached it.
 */
export class RootDisk {
  private constructor(
    /** Where it is mounted on this machine. */
    readonly folder: string,
    private readonly loop: LoopDevice,
  ) {}

  /** Makes an empty one in a folder that is there. */
  static async make(folder: string): Promise<RootDisk> {
    const loop = await LoopDevice.attach(join(folder, 'root.img'), size);
    const disk = new RootDisk(join(folder, 'root'), loop);
    await mkdir(disk.folder, { recursive: true });
    await succeed('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=1,lazy_journal_init=1', loop.device]);
    await disk.mount();
    return disk;
  }

  /** As after power-on: mounted anew, so that what the journal holds is taken from it. */
  async remount(): Promise<void> {
    await this.unmount();
    await this.mount();
  }

  async destroy(): Promise<void> {
    await this.unmount();
    await this.loop.destroy();
  }

  private async mount(): Promise<void> {
    await succeed('mount', ['-o', 'noatime', this.loop.device, this.folder]);
  }

  /** A machine that has just gone holds it for a moment. */
  private async unmount(): Promise<void> {
    for (let tries = 0; tries < 100; tries++, await wait(100))
      if ((await run('umount', [this.folder])).code === 0) return;
    await succeed('umount', [this.folder]);
  }
}

/** Takes away what a process that was killed has left mounted and attached below a folder, and the folder. */
export async function removeLeftovers(folder: string, mounts: string): Promise<void> {
  for (const line of mounts.split('\n')) {
    const target = line.split(' ')[1] ?? '';
    if (target.startsWith(`${folder}/`)) await succeed('umount', ['--lazy', target]);
  }
  const attached = await succeed('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  for (const line of attached.split('\n')) {
    const [device = '', file = ''] = line.trim().split(/\s+/);
    if (file.startsWith(`${folder}/`)) await succeed('losetup', ['--detach', device]);
  }
  await rm(folder, { recursive: true, force: true });
}
