import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { elapsed, readFlags, runCommand } from './terminal';

const help = `
npm run library: builds what the package exports, with types, to dist/library/. npm pack does it by itself.
`;

const project = resolve(__dirname, '..');

void runCommand(() => {
  readFlags(help, {});
  const start = performance.now();
  const output = join(project, 'dist/library');
  rmSync(output, { recursive: true, force: true });
  const compiler = require.resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '--project', join(project, 'tsconfig.library.json')], {
    cwd: project,
    stdio: 'inherit',
  });
  if (status !== 0) return 1;
  // What constructs read at synth lies beside them, as it does here.
  for (const folder of ['lambda-src', 'cloud-init']) {
    cpSync(join(project, folder), join(output, folder), { recursive: true });
  }
  console.error(`dist/library, ${elapsed(start)}. Next: npm pack`);
  return 0;
});
