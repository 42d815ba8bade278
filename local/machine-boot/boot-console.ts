import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ProcessGroup } from '../process-group';

/** How a boot went, by the console. */
export interface BootReport {
  readonly outcome: 'READY' | 'FAILED';
  /** The line that says so. */
  readonly line: string;
  /** From power-on to that line, in seconds. */
  readonly seconds: number;
}

export interface BootConsoleOptions {
  /** What is written there is appended to. */
  readonly file: string;
  /** Gets every line. */
  readonly onLine: (line: string) => void;
  /** Seconds until setup has to have told how it went. */
  readonly patience: number;
}

/** What setup says in a line of the console, without journald's words before it; undefined for a line of somebody else. */
export function setupLine(line: string): string | undefined {
  return /searchgate\[\d+\]: (.*)$/.exec(line)?.[1];
}

/** Whether a line of setup's tells how it went. */
export function isOutcome(said: string): boolean {
  return /^(READY|FAILED): /.test(said);
}

/**
 * Follows the console of a machine from power-on until setup tells how it went, and keeps all of it in a file until the machine is off.
 * @throws Error with the end of the console where nothing is told in time, or the machine goes off.
 */
export async function followBoot(machine: ProcessGroup, options: BootConsoleOptions): Promise<BootReport> {
  const since = Date.now();
  const log = createWriteStream(options.file, { flags: 'a' });
  let timer: NodeJS.Timeout | undefined;
  const told = new Promise<string>((resolve, reject) => {
    let rest = '';
    for (const stream of [machine.child.stdout, machine.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        log.write(chunk);
        const lines = (rest + chunk).split(/\r?\n/);
        rest = lines.pop() ?? '';
        for (const line of lines) {
          options.onLine(line);
          const said = setupLine(line);
          if (said !== undefined && isOutcome(said)) resolve(said);
        }
      });
    }
    const giveUp = async (reason: string) => {
      const text = await readFile(options.file, 'utf8').catch(() => '');
      reject(new Error(`${reason}:\n${text.slice(-4000)}`));
    };
    timer = setTimeout(() => void giveUp(`nothing told in ${options.patience} s`), options.patience * 1000);
    void machine.ended.then(() => log.close(() => void giveUp('the machine went off')));
  });
  try {
    const line = await told;
    return { outcome: line.startsWith('READY') ? 'READY' : 'FAILED', line, seconds: (Date.now() - since) / 1000 };
  } finally {
    clearTimeout(timer);
  }
}
