import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../commands/terminal';
import { estimate, type Figure, formatted, interleaved, ratios } from '../statistics';
import { asking, BenchedFunction, KB, tellsUsage } from './function';
import { startOrigin } from './origin-process';

const count = 40;

/**
 * Measures the forwarder beside itself as it was at another commit, before one node: the zip, and small answers.
 * @throws UserError where there is no such commit
 */
export async function benchAgainst(commit: string, show: (figure: Figure) => void): Promise<void> {
  const project = join(__dirname, '../..');
  const archive = sourcesAt(commit, project);
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-bench-before-'));
  const origin = await startOrigin();
  const opened: BenchedFunction[] = [];
  const open = (root: string) => {
    const one = new BenchedFunction(join(root, 'lambda-src/forwarder/index.ts'), 'index.streaming', origin.environment);
    opened.push(one);
    return one;
  };
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    const [now, before] = [open(project), open(folder)];
    const size = (one: BenchedFunction) => one.zip.bytes.length;
    show({ what: 'zip', figure: `${size(now)} bytes`, goal: 'under 15,000' });
    show({ what: `zip at ${commit}`, figure: `${size(before)} bytes`, goal: '' });

    const candidates = {
      now: () => now.pace(asking(KB), count, KB),
      before: () => before.pace(asking(KB), count, KB),
    };
    await interleaved(candidates, { rounds: 30, seconds: 10 }); // warms both up
    const paces = await interleaved(candidates, { rounds: 201, seconds: 40 });
    const latencies = (name: keyof typeof paces) => paces[name].map(({ rate }) => 1000 / rate);
    const processor = (name: keyof typeof paces) => paces[name].map((pace) => pace.processor);
    show({ what: 'small answers, time each', figure: `${formatted(estimate(latencies('now')))} ms`, goal: '' });
    const slower = formatted(estimate(ratios(latencies('now'), latencies('before'))));
    show({ what: `small answers, time each, over ${commit}`, figure: slower, goal: 'at most 1.05' });
    if (!tellsUsage) return;
    const costlier = formatted(estimate(ratios(processor('now'), processor('before'))));
    show({ what: `small answers, processor time, over ${commit}`, figure: costlier, goal: 'at most 1.05' });
  } finally {
    await Promise.all(opened.map((one) => one.close()));
    await origin.close();
    rmSync(folder, { recursive: true });
  }
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
