import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * A limit of memory for one service of a machine, by a control group (version 1) of this machine's kernel: what exceeds it is killed by the kernel's own
 * OOM killer. The booted systemd cannot set one, since the memory controller belongs to the machine around it.
 */
export class MemoryGroup {
  private constructor(
    private readonly folder: string,
    private readonly around: string,
  ) {}

  /** @param limit in bytes. */
  static async make(name: string, limit: number): Promise<MemoryGroup> {
    const own = /^\d+:memory:(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    const around = join('/sys/fs/cgroup/memory', own);
    const folder = join(around, `${name}-${process.pid}`);
    await mkdir(folder);
    await writeFile(join(folder, 'memory.limit_in_bytes'), String(limit));
    return new MemoryGroup(folder, around);
  }

  /** Takes processes in, by their numbers out here. What they hold already is not counted, what they ask for from now on is. */
  async adopt(processes: readonly number[]): Promise<void> {
    for (const id of processes) await writeFile(join(this.folder, 'cgroup.procs'), String(id));
  }

  /** Sets its processes free and removes it. */
  async close(): Promise<void> {
    const processes = await readFile(join(this.folder, 'cgroup.procs'), 'utf8');
    for (const id of processes.split('\n').filter(Boolean))
      await writeFile(join(this.around, 'cgroup.procs'), id).catch(() => undefined); // it has ended
    for (let tries = 0; tries < 20; tries++, await wait(100)) {
      const removed = await rmdir(this.folder).then(
        () => true,
        () => false,
      );
      if (removed) return;
    }
    await rmdir(this.folder);
  }
}
