import { appendFile, rm } from 'node:fs/promises';
import { succeed } from './cache';

/** A disk in a file, attached as a block device of its own. No other device is ever touched. */
export class LoopDevice {
  private constructor(
    readonly file: string,
    readonly device: string,
  ) {}

  /** @param size in bytes; an existing file is kept as it is. */
  static async attach(file: string, size: number): Promise<LoopDevice> {
    await appendFile(file, '');
    await succeed('truncate', ['--size', `>${size}`, file]);
    return new LoopDevice(file, (await succeed('losetup', ['--find', '--show', file])).trim());
  }

  /** Makes it larger while it is in use, as EBS does. @param size in bytes. */
  async grow(size: number): Promise<void> {
    await succeed('truncate', ['--size', `>${size}`, this.file]);
    await succeed('losetup', ['--set-capacity', this.device]);
  }

  /** Forgets the contents, while it stays attached and is not mounted. */
  async clear(): Promise<void> {
    await succeed('blkdiscard', [this.device]);
  }

  async detach(): Promise<void> {
    await succeed('losetup', ['--detach', this.device]);
  }

  /** Detaches and forgets the contents. */
  async destroy(): Promise<void> {
    await this.detach();
    await rm(this.file, { force: true });
  }
}
