import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import { accountChecks, credentials } from '../doctor/account-checks';
import { authorityChecks } from '../doctor/authority-check';
import { AwsAccount } from '../doctor/aws-account';
import { examine, type Result } from '../doctor/check';
import { domainChecks } from '../doctor/domain-checks';
import { lockChecks } from '../doctor/lock-check';
import { nameChecks } from '../doctor/name-checks';
import { toolChecks } from '../doctor/tool-checks';
import { type Configuration, readStacks } from '../local/terraform/configuration';
import { isEmulated } from '../local/terraform/workspace';
import { loadSettings, type Settings } from '../settings';
import { addDeployment } from '../stacks/deployment';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run doctor: looks for what would make a deploy fail late, and says what to do about each. Changes nothing. Ends with 1 when it
found a problem.

Looks at the credentials, the region and its zones, the instance type there, the quota of VPCs, Lambda's concurrency, API Gateway's
logging role, the boundary of roles, the hosted zone, its delegation and its CAA records, the state bucket and every other name that
can be taken, locks that a killed run has left, whether a change of the private authority takes one step at a time, Node, Terraform, CDKTF and Terraform's providers.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  AWS_ENDPOINT_URL=URL       an emulated account instead of AWS
  --dns-server ADDRESS       ask this name server (an IP address, with a port if you like) instead of the system's
  --json                     for programs
`;

void runCommand(async () => {
  const { values } = readFlags(help, { 'dns-server': { type: 'string' }, json: { type: 'boolean', default: false } });
  const { settings, warnings } = loadSettings();
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const start = performance.now();
  const emulated = isEmulated(process.env);
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-doctor-'));
  const aws = new AwsAccount({ region: settings.region, stateRegion: settings.state.region });
  try {
    const dns = nameServers(values['dns-server'], emulated);
    const surroundings = { settings, stacks: () => synthesizedStacks(settings, folder), aws, emulated, dns };
    const checks = [
      ...accountChecks,
      ...domainChecks,
      ...nameChecks,
      ...lockChecks,
      ...authorityChecks,
      ...toolChecks(),
    ];
    const results = await examine(credentials, checks, surroundings);
    if (values.json === true) console.log(JSON.stringify(results, null, 2));
    else print(results, elapsed(start));
    return results.some(({ status }) => status === 'problem') ? 1 : 0;
  } finally {
    aws.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function synthesizedStacks(settings: Settings, outdir: string): ReadonlyMap<string, Configuration> {
  const app = new App({ outdir });
  addDeployment(app, settings);
  app.synth();
  return readStacks(outdir);
}

function nameServers(server: string | undefined, emulated: boolean): Resolver | undefined {
  if (server === undefined && emulated) return undefined;
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  if (server === undefined) return resolver;
  try {
    resolver.setServers([server]);
  } catch (error) {
    throw new UserError(
      `--dns-server ${server}: an IP address, such as 192.0.2.53 or [2001:db8::53]:5353 (${(error as Error).message})`,
    );
  }
  return resolver;
}

const marks = { ok: 'ok     ', problem: 'PROBLEM', unsure: 'unsure ' } as const;

function print(results: readonly Result[], time: string): void {
  const width = Math.max(...results.map(({ name }) => name.length));
  for (const { name, status, found, advice } of results) {
    console.log(`${marks[status]}  ${name.padEnd(width)}  ${found}`);
    if (advice !== undefined) console.log(`${' '.repeat(marks.ok.length)}  ${' '.repeat(width)}  → ${advice}`);
  }
  const problems = results.filter(({ status }) => status === 'problem').length;
  console.log(
    `\n${problems === 0 ? 'Nothing stands in the way of a deploy' : `${problems} of ${results.length} need something done`}, ${time}.`,
  );
}
