import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../elasticsearch/lock';
import { run } from '../process-group';

/** The emulator's. */
const emulatorRequirements = join(__dirname, 'requirements.txt');

/**
 * The Python of a virtual environment, made when it is missing or the pinned requirements (or Python itself) have changed. Every
 * package is checked against its recorded hash. Two processes that ask at once get the same environment.
 *
 * @param folder where the environment lies
 * @param requirements pinned packages with their hashes; the emulator's unless others are given
 * @returns the interpreter's path
 * @throws when Python is too old or lacks venv, or a package can't be had, with the program's own words
 */
export async function pythonEnvironment(
  folder: string,
  progress: (text: string) => void = () => {},
  requirements = emulatorRequirements,
): Promise<string> {
  const version = await checked('python3', ['--version']);
  const wanted = createHash('sha256').update(version).update(readFileSync(requirements)).digest('hex');
  const stamp = join(folder, 'requirements.sha256');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const isThere = () => existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isThere()) return python;

  mkdirSync(dirname(folder), { recursive: true });
  const waiting = () => progress('another process is installing the Python packages: waiting');
  await withLock(`${folder}.lock`, waiting, async () => {
    if (isThere()) return;
    progress('installing Python packages (once, about 20 s)');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await checked('python3', ['-m', 'venv', folder]);
    await checked(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '-r', requirements]);
    writeFileSync(stamp, wanted);
  });
  return python;
}

async function checked(program: string, parameters: string[]): Promise<string> {
  const { code, output, errors } = await run(program, parameters, {
    env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
  });
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${code}:\n${errors.trim()}`);
  return output.trim();
}
