import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

/** The share of its processors that the machine uses while this process waits: what others take. */
export async function usedByOthers(milliseconds = 2000): Promise<number> {
  const before = processorTimes();
  await wait(milliseconds);
  const after = processorTimes();
  return (after.used - before.used) / (after.all - before.all);
}

function processorTimes(): { used: number; all: number } {
  const times = cpus().map((processor) => processor.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  return { all, used: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

/** What a program is started with to stay on one processor; nothing where the machine has one only, or no `taskset`. */
export function pinnedTo(processor: number): string[] {
  const canPin = cpus().length > 1 && spawnSync('taskset', ['-c', `${processor}`, 'true']).status === 0;
  return canPin ? ['taskset', '-c', `${processor}`] : [];
}
