import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { unzipSync } from 'fflate';
import { UserError } from '../../commands/terminal';
import { bundleLambda } from '../../constructs/lambda-bundle';
import { pinnedTo } from '../machine';
import { estimate, type Figure, formatted, ratios } from '../statistics';
import type { Candidates, Latencies } from './in-process';
import { startOrigin } from './origin-process';

/**
 * Measures the forwarder beside itself as it was at another commit, before one node: the zip, and small answers. Both run in one process and
 * take turns request by request; a third candidate is the forwarder of now once more, whose ratio shows what the method itself makes of
 * no difference.
 *
 * @throws UserError where there is no such commit
 */
export async function benchAgainst(commit: string, show: (figure: Figure) => void): Promise<void> {
  const project = join(__dirname, '../..');
  const archive = sourcesAt(commit, project);
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-bench-before-'));
  const origin = await startOrigin(pinnedTo(1));
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    const zips = Object.entries({ now: project, before: folder, again: project }).map(
      ([name, root]) => [name, bundleLambda(join(root, 'lambda-src/forwarder/index.ts')).bytes] as const,
    );
    for (const [name, bytes] of zips.slice(0, 2)) {
      const goal = name === 'now' ? 'under 15,000' : '';
      show({ what: name === 'now' ? 'zip' : `zip at ${commit}`, figure: `${bytes.length} bytes`, goal });
    }
    const bundles = Object.fromEntries(zips.map(([name, bytes]) => [name, unpacked(bytes, join(folder, name))]));
    const candidates = { bundles, rounds: 600, seconds: 120, requests: 30 };
    const { now = [], before = [], again = [] } = await measured(candidates, origin.environment);
    show({ what: 'small answers, time each', figure: `${formatted(estimate(now), 3)} ms`, goal: '' });
    const over = (peer: readonly number[]) => formatted(estimate(ratios(now, peer)), 3);
    show({ what: `small answers, time each, over ${commit}`, figure: over(before), goal: 'at most 1.05' });
    show({
      what: 'small answers, time each, over the same code',
      figure: over(again),
      goal: '1, by which the method is judged',
    });
    show({ what: 'rounds of 30 requests for each', figure: `${now.length}`, goal: '' });
  } finally {
    await origin.close();
    rmSync(folder, { recursive: true });
  }
}

/** Writes a zip's code into a folder of its own. @returns the file of the handlers */
function unpacked(zip: Uint8Array, folder: string): string {
  mkdirSync(folder);
  const file = join(folder, 'index.js');
  writeFileSync(file, unzipSync(zip)['index.js'] ?? '');
  return file;
}

async function measured(candidates: Candidates, environment: Readonly<Record<string, string>>): Promise<Latencies> {
  const [program = process.execPath, ...before] = [...pinnedTo(0), process.execPath];
  const child = spawn(program, [...before, '--require', 'tsx/cjs', join(__dirname, 'in-process.ts')], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
  });
  child.stdin?.end(JSON.stringify(candidates));
  const [result, [code]] = await Promise.all([text(child.stdio[3] as Readable), once(child, 'close')]);
  if (code !== 0) throw new Error(`the measuring process ended with ${code}`);
  return JSON.parse(result) as Latencies;
}

function sourcesAt(commit: string, project: string): Buffer {
  try {
    return execFileSync('git', ['archive', commit, 'lambda-src'], { cwd: project, maxBuffer: 2 ** 26, stdio: 'pipe' });
  } catch (error) {
    throw new UserError(
      `against ${commit}: no commit with a forwarder (${(error as Error).message.split('\n').at(-2)})`,
    );
  }
}
