import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack } from 'cdktf';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder for the output of a synth, gone after the tests of the file. */
export function outputFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-synthesized-'));
  folders.push(folder);
  return folder;
}

let shared: string | undefined;

/** A stack with nothing in it, in an app of its own. */
export function emptyStack(): TerraformStack {
  shared ??= outputFolder();
  return new TerraformStack(new App({ outdir: shared }), 'stack');
}
