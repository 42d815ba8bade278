import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { bundleLambda } from '../../constructs/lambda-bundle';
import { Sandbox } from '../../local/lambda/sandbox';
import { type Extent, estimate, type Figure, formatted, interleaved, ratios } from '../statistics';

/** From the start of a process until it asks for its first event, beside a handler that does nothing. */
export async function coldStart(environment: Readonly<Record<string, string>>, extent: Extent): Promise<Figure[]> {
  const folders: string[] = [];
  let zipped = 0;
  const starting = (entry: string, handler: string) => {
    const { bytes } = bundleLambda(join(__dirname, entry));
    zipped ||= bytes.length;
    const codeFolder = mkdtempSync(join(tmpdir(), 'searchgate-cold-'));
    folders.push(codeFolder);
    for (const [name, content] of Object.entries(unzipSync(bytes))) writeFileSync(join(codeFolder, name), content);
    return async () => {
      const began = performance.now();
      let ended = () => {};
      const gone = new Promise<void>((resolve) => {
        ended = resolve;
      });
      const sandbox = new Sandbox(
        {
          codeFolder,
          environment: { ...environment, _HANDLER: handler },
          functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:bench',
          timeoutMilliseconds: 10_000,
          memory: 256,
          freeze: false,
          log: ({ text }) => process.stderr.write(`${text}\n`),
        },
        () => undefined,
        () => ended(),
      );
      await sandbox.ready;
      const milliseconds = performance.now() - began;
      await sandbox.end();
      await gone;
      return milliseconds;
    };
  };
  try {
    const candidates = {
      forwarder: starting('../../lambda-src/forwarder/index.ts', 'index.streaming'),
      empty: starting('empty.ts', 'index.buffered'),
      floor: starting('floor.ts', 'index.streaming'),
      stack: starting('stack.ts', 'index.streaming'),
    };
    await interleaved(candidates, { rounds: 2, seconds: 10 });
    const figures = await interleaved(candidates, extent);
    const over = (a: number[]) => formatted(estimate(ratios(a, figures.empty)));
    const milliseconds = (a: number[]) => `${formatted(estimate(a), 0)} ms`;
    return [
      { what: 'zip', figure: `${zipped} bytes`, goal: 'under 15,000' },
      { what: 'cold start, forwarder', figure: milliseconds(figures.forwarder), goal: '' },
      { what: 'cold start, empty handler', figure: milliseconds(figures.empty), goal: '' },
      { what: 'cold start, over an empty handler', figure: over(figures.forwarder), goal: 'at most 1.15' },
      { what: 'cold start, floor over an empty handler', figure: over(figures.floor), goal: '' },
      { what: 'cold start, proxy stack over an empty handler', figure: over(figures.stack), goal: '' },
    ];
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
