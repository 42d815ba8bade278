import { createInterface } from 'node:readline/promises';
import { missingTools } from '../local/machine';
import { passOnSignals } from '../local/process-group';
import { HostReplacement } from '../operations/host-replacement';
import { ImageRenewal } from '../operations/image-renewal';
import { rollOut } from '../operations/rolling-change';
import { asUserError, doorFlags, doorHelp, openSearchClient } from '../operations/search-client';
import { VersionUpgrade } from '../operations/version-upgrade';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run upgrade -- 9.x.y: upgrades Elasticsearch and Kibana of the running hosts.
npm run upgrade -- --image: replaces the running hosts by ones of the newest machine image, or of the one that host.ami names.

It looks whether that can go well, takes a snapshot that nothing deletes, and changes one host after the other: an upgrade by an order that
the host obeys when it reboots, an image by Terraform, which replaces the instance and attaches the same volume. Then it waits until the host
answers again. A single host serves nobody for some minutes; of several the others go on serving, and the next follows when the cluster
is green. At the end no index and no document may be missing. Where it stops it says why; run again, it goes on with what is not done yet.
An older version is refused here and by the host. The way back is a restore into a new volume: docs/snapshots.md.

  --check                    only look; changes nothing
  --yes                      do not ask
  --output DIR               where --image puts its synth (default cdktf.out)
${doorHelp}
`;

void runCommand(async () => {
  passOnSignals();
  const { values, positionals } = readFlags(help, {
    ...doorFlags,
    image: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    output: { type: 'string', default: 'cdktf.out' },
  });
  const { image = false, check = false, yes = false, output = 'cdktf.out' } = values;
  const [target, ...further] = positionals;
  if ((target === undefined) === !image || further.length > 0)
    throw new UserError(`One version, such as 9.5.3, or --image\n\n${help.trim()}`);
  for (const { tool, advice } of image ? missingTools(['terraform']) : [])
    throw new UserError(`${tool} is missing: ${advice}`);
  const { settings } = loadSettings();
  const start = performance.now();
  const tell = (text: string) => console.log(`${elapsed(start).padStart(8)}  ${text}`);
  const client = await openSearchClient(settings, values);
  try {
    const change =
      target === undefined
        ? await ImageRenewal.to(settings, client, await HostReplacement.prepare(output, settings.region))
        : new VersionUpgrade(settings, client, target);
    let declined = false;
    const agreed = async (): Promise<boolean> => {
      declined = !yes && !(await confirmed());
      return !declined;
    };
    const snapshot = await rollOut(client, settings.host.nodes, change, { tell, agreed, lookOnly: check });
    if (snapshot !== undefined)
      console.log(
        `\nThe snapshot ${snapshot} stays until you delete it.${target === undefined ? '' : ' Set elastic.version where it names an exact version.'}`,
      );
    return declined ? 1 : 0;
  } catch (error) {
    throw asUserError(error);
  } finally {
    await client.close();
  }
});

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UserError('There is no terminal to ask at: say --yes if you mean it.');
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question('Go on? [y/N] ');
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}
