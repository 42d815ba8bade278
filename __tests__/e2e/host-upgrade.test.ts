import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { earlierElasticsearchVersion as earlier, elasticsearchVersion as later } from '../../local/elasticsearch/build';
import { setupLine } from '../../local/machine-boot/boot-console';
import { HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import type { Machine } from '../../local/machine-boot/machine';
import type { Parameter } from '../../local/machine-boot/parameter-store';
import { loadSettings } from '../../settings';
import { describeWith } from '../requirements';

const minutes = 60_000;

describeWith(
  ['machine', 'java', 'maven', 'python', 'openssl', 'curl'],
  `a host that is upgraded from ${earlier} to ${later}, and its snapshots`,
  () => {
    let place: HostBoot;
    let machine: Machine;
    let lines: string[] = [];

    async function boot(): Promise<string> {
      lines = [];
      const { line } = await machine.boot(place.volume.device, volumeId, (text) => {
        const told = setupLine(text);
        if (told !== undefined) lines.push(told);
      });
      process.stdout.write(`${lines.join('\n')}\n\n`);
      return line;
    }
    const parameter = async (name: string) => (await place.neighbours.parameters())[`/searchgate/${name}`];
    async function ask(path: string, ...options: string[]): Promise<string> {
      const authority = join(machine.disk, '..', 'ca.pem');
      writeFileSync(authority, place.hostAuthority);
      const name = 'search.searchgate.internal';
      const { value } = (await parameter('secrets/elastic-password')) as Parameter;
      const tls = ['--cacert', authority, '--resolve', `${name}:9200:10.42.0.10`, '--user', `elastic:${value}`];
      return (await place.neighbours.curl(...tls, ...options, `https://${name}:9200${path}`)).output;
    }
    const snapshots = async () =>
      (await ask('/_cat/snapshots/searchgate?h=id,status&s=start_epoch')).trim().split('\n').filter(Boolean);

    beforeAll(async () => {
      const { settings } = loadSettings();
      place = await HostBoot.prepare((text) => process.stdout.write(`${text}\n`), {
        ...settings,
        elastic: { ...settings.elastic, version: earlier },
      });
      machine = await place.launch();
    }, 10 * minutes);
    afterAll(async () => place?.close(), minutes);

    test(
      'a first boot ends with a snapshot, and the user that takes it is the one with few rights',
      async () => {
        expect(await boot()).toMatch(new RegExp(`^READY: .*Elasticsearch ${earlier.replaceAll('.', '\\.')} is green`));
        await ask('/cities/_doc/a?refresh', '-X', 'PUT', '--json', '{"name":"Zürich"}');
        while ((await parameter('hosts/node-0/snapshots')) === undefined)
          await new Promise((go) => setTimeout(go, 200));
        const report = JSON.parse((await parameter('hosts/node-0/snapshots'))?.value ?? '');
        expect(report).toMatchObject({ outcome: 'good' });
        expect(await snapshots()).toEqual([expect.stringMatching(new RegExp(`^${volumeId}-\\S+ +SUCCESS$`))]);
      },
      8 * minutes,
    );

    test(
      'going to sleep takes the snapshot that is due, before Elasticsearch ends',
      async () => {
        const record = '/srv/searchgate/.searchgate.snapshots';
        // as if the last one were two days old and somebody had worked since
        await machine.run(`read -r last awake rest < ${record}; echo "$((last - 172800)) 7200 $rest" > ${record}`);
        await place.neighbours.put({
          '/searchgate/upgrade/node-0': {
            type: 'String',
            value: `${later} from ${earlier} on ${volumeId}`,
            version: 1,
          },
        });
        await machine.powerOff();
        const report = JSON.parse((await parameter('hosts/node-0/snapshots'))?.value ?? '');
        expect(report).toMatchObject({ outcome: 'good', text: expect.stringMatching(/^vol-/) });
      },
      2 * minutes,
    );

    test(
      'the next boot obeys the order: the newer version serves the old documents, and the record says so',
      async () => {
        expect(await boot()).toMatch(
          new RegExp(`^READY: .*Elasticsearch ${later.replaceAll('.', '\\.')} is (green|yellow)`),
        );
        expect(lines.join('\n')).toContain(`installed ${later}, as ordered, after ${earlier}`);
        expect(await ask('/cities/_doc/a')).toContain('Zürich');
        expect((await machine.run('cat /srv/searchgate/elastic-version')).output.trim()).toBe(later);
        expect(await snapshots()).toHaveLength(2);
      },
      8 * minutes,
    );
  },
);
