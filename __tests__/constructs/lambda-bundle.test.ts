import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { bundleLambda } from '../../constructs/lambda-bundle';

describe('a Lambda bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-bundle-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A function of two files in a folder of the given name. */
  function source(name: string, text = 'hello'): string {
    const place = join(folder, name);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, 'index.ts'),
      "import { text } from './text';\n\nexport const handler = async () => text;\n",
    );
    writeFileSync(join(place, 'text.ts'), `export const text: string = '${text}';\n`);
    return join(place, 'index.ts');
  }

  test('is the same zip for the same source, wherever it lies and whenever it was written', () => {
    const first = source('here');
    const second = source('over there');
    utimesSync(second, new Date(0), new Date(0));
    expect(bundleLambda(second)).toEqual(bundleLambda(first));
    expect(bundleLambda(source('changed', 'bye')).sha256).not.toBe(bundleLambda(first).sha256);
  });

  test('runs by itself: one file, types gone, imports within', async () => {
    const { 'index.js': content } = unzipSync(bundleLambda(source('run')).bytes);
    const module = { exports: {} as { handler: () => Promise<string> } };
    new Function('module', 'exports', strFromU8(content ?? new Uint8Array()))(module, module.exports);
    await expect(module.exports.handler()).resolves.toBe('hello');
  });

  test('that cannot be made stops the synth with file and line', () => {
    const broken = source('broken');
    writeFileSync(broken, "import { text } from './nowhere';\nexport const handler = () => text;\n");
    expect(() => bundleLambda(broken)).toThrow(/index\.ts:1:\d+: ERROR: Could not resolve "\.\/nowhere"/);
  });
});
