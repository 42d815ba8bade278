import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';
import { Host } from '../operations/host';
import { doorFlags, doorHelp, openSearchClient } from '../operations/search-client';
import { listSnapshots, takeSnapshot } from '../operations/snapshots';
import { upgradeProblems } from '../operations/upgrade-checks';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const help = `
npm run upgrade -- 9.x.y: upgrades Elasticsearch and Kibana of a running host. It looks whether that can go well, takes a snapshot that
nothing deletes, orders the host to upgrade, reboots it, and waits until it answers in the new version. Some minutes without service.
An older version is refused here and by the host. The way back is a restore into a new volume: docs/snapshots.md.

  --check                    only look; changes nothing
  --yes                      do not ask
${doorHelp}
`;

const patienceMinutes = 30;

void runCommand(async () => {
  const { values, positionals } = readFlags(help, {
    ...doorFlags,
    check: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
  });
  const [target, ...further] = positionals;
  if (target === undefined || further.length > 0) throw new UserError(`One version, such as 9.5.3\n\n${help.trim()}`);
  const { settings } = loadSettings();
  const host = await Host.find(settings, 'node-0');
  const client = await openSearchClient(settings, values);
  const start = performance.now();
  const tell = (text: string) => console.log(`${elapsed(start).padStart(8)}  ${text}`);
  try {
    const current = (await client.info()).version.number;
    const problems = await upgradeProblems(client, current, target);
    if (problems.length > 0)
      throw new UserError(
        [`${current} is not upgraded to ${target}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'),
      );
    await listSnapshots(client);
    tell(`${current} can go to ${target}`);
    if (values.check === true) return 0;
    if (values.yes !== true && !(await confirmed(current, target))) return 1;

    const snapshot = `before-${target}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`;
    await takeSnapshot(client, snapshot);
    tell(`the snapshot ${snapshot} is taken`);
    const before = await host.status();
    await host.orderUpgrade(current, target);
    await host.reboot();
    tell(`${host.instanceId} reboots`);
    const text = await rebooted(host, before?.boot, target, snapshot);
    tell(text);
    await answering(client, target);
    tell(`Elasticsearch answers as ${target}`);
    console.log(
      `\nThe snapshot ${snapshot} stays until you delete it. Set elastic.version where it names an exact version.`,
    );
    return 0;
  } finally {
    await client.close();
    host.close();
  }
});

async function confirmed(current: string, target: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError('There is no terminal to ask at: say --yes if you mean it.');
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question(
    `Upgrade ${current} to ${target}? It cannot be taken back without a restore. [y/N] `,
  );
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Waits for what setup says after the reboot. */
async function rebooted(host: Host, bootBefore: string | undefined, target: string, snapshot: string): Promise<string> {
  for (const deadline = Date.now() + patienceMinutes * 60_000; Date.now() < deadline; await wait(2_000)) {
    const status = await host.status();
    if (status === undefined || status.boot === bootBefore) continue;
    // a failure that may pass is tried again by the host itself, and then told anew
    if (status.outcome === 'failed') continue;
    if (status.version === target) return status.text;
    throw new UserError(
      `the host is ready in ${status.version}, not in ${target}, and its data is as before: journalctl -u searchgate-setup on it says why`,
    );
  }
  const status = await host.status();
  throw new UserError(
    `the host is not ready after ${patienceMinutes} minutes. It last said: ${status?.text ?? 'nothing'}\nThe way back is ${snapshot}: docs/snapshots.md.`,
  );
}

async function answering(client: Client, target: string): Promise<void> {
  for (const deadline = Date.now() + 5 * 60_000; ; await wait(2_000)) {
    const version = await client.info().then(
      (info) => info.version.number,
      (error: Error) => error.message,
    );
    if (version === target && (await client.cluster.health()).status !== 'red') return;
    if (Date.now() > deadline)
      throw new UserError(`Elasticsearch does not answer as ${target} through the door: ${version}`);
  }
}
