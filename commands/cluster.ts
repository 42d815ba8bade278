import { clusterSize, drain, settle } from '../operations/cluster-size';
import { doorFlags, doorHelp, openSearchClient, reasonOf } from '../operations/search-client';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run cluster -- ORDER: how many nodes the cluster has, and how it gets smaller without a loss; see docs/scale.md.

  status                     its nodes, its master, and which of them are to leave
  drain --to 3               move what only the nodes beyond node-0 to node-2 hold to those, and take the others' votes: afterwards
                             they can be taken away. Can be broken off and run again
  settle                     let all nodes hold shards and vote: after the others have gone, or to take a drain back
  --json                     the answer for programs
${doorHelp}
`;

void runCommand(async () => {
  const { values, positionals } = readFlags(help, {
    ...doorFlags,
    to: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const [order, ...further] = positionals;
  if (order === undefined || !['status', 'drain', 'settle'].includes(order) || further.length > 0)
    throw new UserError(
      `${order === undefined ? 'No order' : `No such order: ${positionals.join(' ')}`}\n\n${help.trim()}`,
    );
  if (order === 'drain' && !/^[135]$/.test(values.to ?? ''))
    throw new UserError(`drain --to ${values.to ?? ''}: 1, 3 or 5, the number of nodes that stay`);
  const { settings } = loadSettings();
  const client = await openSearchClient(settings, values);
  const print = (answer: object, text: string) => console.log(values.json ? JSON.stringify(answer, null, 2) : text);
  try {
    if (order === 'status') {
      const size = await clusterSize(client);
      const leaving = size.leaving.length === 0 ? '' : `; to leave: ${size.leaving.join(', ')}`;
      print(size, `${size.status}, ${size.nodes.join(', ')}; master: ${size.master}${leaving}`);
    } else if (order === 'settle') {
      await settle(client);
      print({ settled: true }, 'every node may hold shards and vote');
    } else {
      const start = performance.now();
      const leaving = await drain(client, Number(values.to), (left) => {
        if (!values.json) console.log(`${elapsed(start).padStart(7)}  ${left} shards are yet to be copied`);
      });
      print({ leaving }, drained(leaving, Number(values.to)));
    }
    return 0;
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`Elasticsearch does not do it: ${reasonOf(error)}`);
  } finally {
    await client.close();
  }
});

function drained(leaving: readonly string[], to: number): string {
  const volumes = leaving.map((node) => `aws_ebs_volume.${node.replace('-', '_')}_volume`).join(' ');
  return `${leaving.join(', ')} can go:
  npm run synth && terraform -chdir=cdktf.out/stacks/storage init
  terraform -chdir=cdktf.out/stacks/storage state rm ${volumes}   (the volumes stay in the account)
  set host.nodes to ${to}, then npx cdktf deploy '*'
  npm run cluster -- settle`;
}
