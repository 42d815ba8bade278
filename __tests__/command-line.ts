import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The project's folder. */
export const project = join(__dirname, '..');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** From start to end. */
  seconds: number;
}

/** Runs a program to its end. The environment is this one's with changes; undefined takes a variable away. */
export function run(
  program: string,
  parameters: readonly string[],
  { cwd = project, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (data: string) => {
        text[stream] += data;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...text, code, seconds: (performance.now() - start) / 1000 }));
  });
}

/** Runs one of the project's TypeScript files as its scripts in package.json do. */
export function runScript(
  file: string,
  parameters: readonly string[] = [],
  { cwd = project, env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return run(process.execPath, ['--require', require.resolve('tsx/cjs'), file, ...parameters], { cwd, env });
}
