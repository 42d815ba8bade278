import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process-group';

const requirements = join(__dirname, 'requirements.txt');

/**
 * The Python of the rehearsal's virtual environment, made when it is missing or the pinned requirements (or Python itself) have
 * changed. Every package is checked against its recorded hash.
 *
 * @param folder where the environment lies
 * @returns the interpreter's path
 * @throws when Python is too old or lacks venv, or a package can't be had, with the program's own words
 */
export async function pythonEnvironment(folder: string, progress: (text: string) => void = () => {}): Promise<string> {
  const version = await checked('python3', ['--version']);
  const wanted = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex');
  const stamp = join(folder, 'requirements.sha256');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;

  progress(`installing the emulator's Python packages (once, about 20 s)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await checked('python3', ['-m', 'venv', folder]);
  await checked(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}

async function checked(program: string, parameters: string[]): Promise<string> {
  const { code, output, errors } = await run(program, parameters, {
    env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
  });
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${code}:\n${errors.trim()}`);
  return output.trim();
}
