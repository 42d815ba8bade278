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

  async detach(): Promise<void> {
    await succeed('losetup', ['--detach', this.device]);
  }

  /** Detaches and forgets the contents. */
  async destroy(): Promise<void> {
    await this.detach();
    await rm(this.file, { force: true });
  }
}
