import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readStacks } from '../local/terraform/configuration';
import { type AddressLedger, compareLedger, extendLedger } from '../plan-review/address-ledger';
import { loadSettings } from '../settings';
import { synthesizeEveryStack } from '../stacks/every-stack';
import { readFlags, runCommand } from './terminal';

const help = `
npm run addresses: writes Terraform addresses that are new into plan-review/address-ledger.json, and ends with 1 while one has vanished.

A vanished address is destroyed at the next deploy. Where it was only renamed, say so in its construct:
  resource.moveFromId('TYPE.OLD_NAME')
Where it is meant to be destroyed, write it under "retired" in the ledger, with the reason.
`;

const file = resolve(__dirname, '../plan-review/address-ledger.json');

void runCommand(() => {
  readFlags(help, {});
  const { settings } = loadSettings(resolve(__dirname, '../settings/complete.json'));
  const outdir = mkdtempSync(join(tmpdir(), 'searchgate-addresses-'));
  try {
    synthesizeEveryStack(settings, outdir);
    const stacks = Object.fromEntries(readStacks(outdir));
    const ledger = JSON.parse(readFileSync(file, 'utf8')) as AddressLedger;
    const { vanished, unlisted } = compareLedger(ledger, stacks);
    writeFileSync(file, `${JSON.stringify(extendLedger(ledger, stacks), null, 2)}\n`);
    for (const address of unlisted) console.log(`new       ${address}`);
    for (const address of vanished) console.log(`vanished  ${address}`);
    console.log(`${unlisted.length} new, ${vanished.length} vanished`);
    return vanished.length === 0 ? 0 : 1;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
});
