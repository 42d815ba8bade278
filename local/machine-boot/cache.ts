import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../elasticsearch/lock';
import { run } from '../process-group';

/** Where machines and what they are made of lie: below the project's folder, ignored by git. */
export const machineState = join(__dirname, '..', '..', '.rehearsal', 'machine');

/**
 * A folder that is made once from its ingredients and never written again. It gets its name when it is finished, so what was cut off is never used.
 * @param ingredients files, folders and texts; a change in any makes a new folder.
 */
export async function made(
  name: string,
  ingredients: readonly string[],
  onWait: () => void,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const ingredient of ingredients) for (const part of parts(ingredient)) hash.update(part).update('\0');
  const target = join(machineState, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(target)) return target;
  await mkdir(machineState, { recursive: true });
  await withLock(join(machineState, `${name}.lock`), onWait, async () => {
    if (existsSync(target)) return;
    for (const left of readdirSync(machineState).filter((entry) => entry.startsWith(`unfinished-${name}-`)))
      await rm(join(machineState, left), { recursive: true, force: true });
    const work = await mkdtemp(join(machineState, `unfinished-${name}-`));
    try {
      await make(join(work, name));
      await rename(join(work, name), target);
      await removeOlder(name, target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return target;
}

/** What an older state of the sources made and nobody has looked at for a day. */
async function removeOlder(name: string, kept: string): Promise<void> {
  for (const entry of readdirSync(machineState)) {
    const folder = join(machineState, entry);
    const old = Date.now() - statSync(folder).mtimeMs > 24 * 3600_000;
    if (entry.startsWith(`${name}-`) && folder !== kept && old) await rm(folder, { recursive: true, force: true });
  }
}

function parts(ingredient: string): (string | Buffer)[] {
  if (!existsSync(ingredient)) return [ingredient];
  if (!statSync(ingredient).isDirectory()) return [readFileSync(ingredient)];
  return readdirSync(ingredient)
    .sort()
    .flatMap((name) => [name, ...parts(join(ingredient, name))]);
}

/** @throws Error with all that the program wrote, where it fails. */
export async function succeed(
  program: string,
  parameters: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { code, output, errors } = await run(program, parameters, { env: { ...process.env, ...environment } });
  if (code !== 0)
    throw new Error(
      `${program} ${parameters.slice(0, 3).join(' ')} … ended with ${code}:\n${`${output}${errors}`.slice(-4000)}`,
    );
  return output;
}
