import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { differencesBetween, synthesizeUnderCdkTerrain } from '../local/cdk-terrain';
import { synthesize } from '../local/rehearsal/deployment';
import { readStacks } from '../local/terraform/configuration';
import { elapsed, readFlags, runCommand } from './terminal';

const help = `
npm run cdktn: synthesizes a renamed copy of the sources under CDK Terrain, CDKTF's successor, and compares every stack.

Only metadata and the source and version of providers may differ; anything else is listed and ends it with 1. The packages are
installed into .rehearsal/cdk-terrain the first time. SEARCHGATE_SETTINGS names the settings.
`;

void runCommand(async () => {
  readFlags(help, {});
  const start = performance.now();
  const settings = process.env.SEARCHGATE_SETTINGS || 'settings/example.json';
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-cdktf-'));
  try {
    await synthesize(folder);
    const other = await synthesizeUnderCdkTerrain(resolve(__dirname, '../.rehearsal/cdk-terrain'), settings);
    const differences = differencesBetween(folder, other);
    for (const difference of differences) console.log(`differs  ${difference}`);
    console.log(
      `${readStacks(other).size} stacks under CDK Terrain, ${differences.length} differences, ${elapsed(start)}`,
    );
    return differences.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
