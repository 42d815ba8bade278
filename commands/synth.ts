import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdktf';
import { loadSettings } from '../settings';
import { addDeployment } from '../stacks/deployment';
import { elapsed, readFlags, runCommand } from './terminal';

const help = `
npm run synth: writes the Terraform of every stack, and the Lambda zips, to cdktf.out/stacks/STACK/.

The same settings and sources always give the same bytes. Needs no AWS account and no Terraform.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --output DIR               another folder than cdktf.out
`;

void runCommand(() => {
  const { values } = readFlags(help, { output: { type: 'string', default: 'cdktf.out' } });
  const start = performance.now();
  const { settings, warnings } = loadSettings();
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const outdir = values.output ?? 'cdktf.out';
  for (const folder of ['stacks', 'bundles']) rmSync(join(outdir, folder), { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  addDeployment(app, settings);
  app.synth();
  const stacks = readdirSync(join(outdir, 'stacks')).sort();
  const width = Math.max(...stacks.map((stack) => stack.length));
  for (const stack of stacks) {
    console.log(`  ${stack.padEnd(width)}  ${resources(join(outdir, 'stacks', stack, 'cdk.tf.json'))} resources`);
  }
  console.log(
    `${stacks.length} stacks in ${outdir}/stacks, ${elapsed(start)}. Next: npx cdktf diff STACK, or npm start for a rehearsal.`,
  );
  return 0;
});

function resources(file: string): number {
  const { resource = {} } = JSON.parse(readFileSync(file, 'utf8')) as { resource?: Record<string, object> };
  return Object.values(resource).reduce((count, byName) => count + Object.keys(byName).length, 0);
}
