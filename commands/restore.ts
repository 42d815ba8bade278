import { missingTools } from '../local/machine';
import { restoreDrill } from '../local/restore-drill';
import { planRestore, restore } from '../operations/restore';
import { asUserError, doorFlags, doorHelp, openSearchClient } from '../operations/search-client';
import { listSnapshots, type Snapshot } from '../operations/snapshots';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run restore -- SNAPSHOT: restores a snapshot, or "latest", through the search door, and waits until every document is back.
Nothing that is there is replaced unless you name it.

  --list                     the snapshots, newest first; changes nothing
  --index NAME               only this index or data stream, or a pattern such as logs-*; repeat for more (default: all that people made)
  --overwrite NAME           replace this index, which is there; repeat for more
  --prefix restored-         restore beside what is there, under names that begin so
  --everything               also users, roles, API keys, Kibana's objects, templates and cluster settings, in the place of those that are
                             there: for a new, empty volume
  --drill                    on this machine alone: makes data in a local Elasticsearch, takes a snapshot, destroys the data, restores it
                             and compares every document; needs Java, Maven, Python, OpenSSL
  --json                     the answer for programs
${doorHelp}
`;

void runCommand(async () => {
  const { values, positionals } = readFlags(help, {
    ...doorFlags,
    list: { type: 'boolean', default: false },
    index: { type: 'string', multiple: true },
    overwrite: { type: 'string', multiple: true },
    prefix: { type: 'string' },
    everything: { type: 'boolean', default: false },
    drill: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  if (values.drill === true) return drill();
  const [wanted, ...further] = positionals;
  if (values.list !== true && (wanted === undefined || further.length > 0))
    throw new UserError(`One snapshot, "latest", or --list\n\n${help.trim()}`);
  const { settings } = loadSettings();
  const client = await openSearchClient(settings, values);
  try {
    const snapshots = await listSnapshots(client);
    if (values.list === true) return print(snapshots, values.json === true);
    const plan = await planRestore(client, chosen(snapshots, wanted ?? ''), {
      indices: values.index,
      overwrite: values.overwrite,
      prefix: values.prefix,
      everything: values.everything,
    });
    const start = performance.now();
    const tell = values.json === true ? () => {} : (text: string) => console.log(text);
    tell(
      `restoring ${plan.names.length} indices and data streams from ${plan.snapshot}${plan.features.length > 0 ? `, and ${plan.features.join(', ')}` : ''}`,
    );
    const restored = await restore(client, plan, progress(start, tell));
    if (values.json === true)
      console.log(JSON.stringify({ snapshot: plan.snapshot, restored, features: plan.features }, null, 2));
    for (const { name, documents } of restored)
      tell(`  ${name.padEnd(40)} ${String(documents).padStart(12)} documents`);
    tell(`Restored in ${elapsed(start)}.`);
    return 0;
  } catch (error) {
    throw asUserError(error);
  } finally {
    await client.close();
  }
});

/** Tells every tenth that is done. */
function progress(start: number, tell: (text: string) => void): (share: number) => void {
  let told = 0;
  return (share) => {
    const tenth = Math.floor(share * 10);
    if (tenth <= told) return;
    told = tenth;
    tell(`${elapsed(start).padStart(8)}  ${tenth * 10} %`);
  };
}

function chosen(snapshots: readonly Snapshot[], name: string): Snapshot {
  const found =
    name === 'latest'
      ? snapshots.find(({ state }) => state === 'SUCCESS')
      : snapshots.find((snapshot) => snapshot.name === name);
  if (found === undefined) throw new UserError(`no snapshot ${name}: ${snapshots.length} are there, see --list`);
  return found;
}

function print(snapshots: readonly Snapshot[], json: boolean): number {
  if (json) console.log(JSON.stringify(snapshots, null, 2));
  else if (snapshots.length === 0) console.log('There is no snapshot yet.');
  else
    for (const { name, state, began, version, names } of snapshots)
      console.log(
        `${name.padEnd(48)} ${began.toISOString().slice(0, 16)}Z  ${version.padEnd(8)} ${state.padEnd(11)} ${names.length} indices and data streams`,
      );
  return 0;
}

async function drill(): Promise<number> {
  const missing = missingTools(['java', 'maven', 'python', 'openssl']);
  if (missing.length > 0)
    throw new UserError(['the drill needs:', ...missing.map(({ advice }) => `  ${advice}`)].join('\n'));
  const start = performance.now();
  const { documents, indices } = await restoreDrill((text) => console.log(`${elapsed(start).padStart(8)}  ${text}`));
  console.log(`${documents} documents of ${indices} indices came back as they were.`);
  return 0;
}
