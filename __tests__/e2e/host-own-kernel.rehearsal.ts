import { setTimeout as wait } from 'node:timers/promises';
import { setupLine } from '../../local/machine-boot/boot-console';
import { HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import type { VirtualMachine } from '../../local/machine-boot/virtual-machine';
import { describeWith } from '../requirements';
import { askAsElastic } from './booted-host';

const minutes = 60_000;

/** What cannot be seen where the kernel is another machine's: a volume that grows under it, and memory limits (`npm run host:faults`). */
describeWith(
  ['machine', 'virtual-machine', 'java', 'maven', 'python', 'openssl', 'curl'],
  'a host with a kernel of its own',
  () => {
    let place: HostBoot;
    let machine: VirtualMachine;
    const acknowledged: number[] = [];
    let written = 0;

    const inside = async (command: string) => {
      const { code, output, errors } = await machine.run(command);
      expect(`${command} ended with ${code}: ${code === 0 ? '' : errors}`).toBe(`${command} ended with 0: `);
      return output.trim();
    };
    /** Patient, for a processor that is emulated. */
    const elastic = (path: string, ...options: string[]) => askAsElastic(place, path, '--max-time', '120', ...options);
    /** What is not answered in time counts as not acknowledged. */
    async function write(): Promise<void> {
      const id = written++;
      const answer = await elastic(`/numbers/_create/${id}`, '-X', 'PUT', '--json', `{"n":${id}}`);
      if (answer.includes('"result":"created"')) acknowledged.push(id);
    }
    async function everyDocument(): Promise<void> {
      await elastic('/numbers/_refresh', '-X', 'POST');
      const answer = await elastic('/numbers/_search?size=10000&filter_path=hits.hits._id');
      const found = new Set([...answer.matchAll(/"_id":"(\d+)"/g)].map(([, id]) => Number(id)));
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(20);
    }

    beforeAll(async () => {
      const say = (text: string) => process.stdout.write(`${text}\n`);
      place = await HostBoot.prepare(say);
      // packages are installed with this machine's kernel, which is quick
      const instance = await place.launch();
      expect(await instance.boot(place.volume.device, volumeId)).toMatchObject({ outcome: 'READY' });
      for (let count = 0; count < 50; count++) await write();
      await instance.powerOff();
      machine = await place.virtual(instance, say);
      const follow = (line: string) => {
        const told = setupLine(line);
        if (told !== undefined) say(`  ${told}`);
      };
      const report = await machine.boot(follow, 2400);
      if (report.outcome !== 'READY') say((await machine.run('journalctl --no-pager --lines 200')).output);
      expect(report).toMatchObject({ outcome: 'READY' });
    }, 60 * minutes);
    afterAll(async () => place?.close(), minutes);

    test(
      'finds its volume by the serial number of a disk, with every document',
      async () => {
        expect(await inside('findmnt --noheadings --output SOURCE /srv/searchgate')).toBe('/dev/vdb');
        expect(await inside('lsblk --noheadings --output SERIAL /dev/vdb')).toBe(volumeId.replace('-', ''));
        await everyDocument();
      },
      5 * minutes,
    );

    test(
      'takes up what its volume has grown by while documents are written, and none is lost',
      async () => {
        const size = async () => Number(await inside('df --block-size=1M --output=size /srv/searchgate | tail -n 1'));
        const before = { size: await size(), documents: acknowledged.length };
        expect(before.size).toBeLessThan(1024);
        let going = true;
        const writing = (async () => {
          while (going) await write();
        })();
        try {
          await machine.growVolume(1280 * 2 ** 20);
          await inside('/usr/local/lib/searchgate/volume');
          for (const enough = before.documents + 5; acknowledged.length < enough; ) await wait(200);
        } finally {
          going = false;
          await writing;
        }
        expect(await size()).toBeGreaterThan(1150);
        expect(acknowledged.length).toBeGreaterThan(before.documents);
        expect(await inside('pgrep --count --uid elasticsearch java')).toBe('1');
        await everyDocument();
      },
      10 * minutes,
    );

    test(
      "what takes more memory than Kibana's unit may have is ended, told, and started again; Elasticsearch goes on",
      async () => {
        const processOf = (unit: string) => inside(`systemctl show --property MainPID --value ${unit}`);
        const elasticsearch = await processOf('elasticsearch');
        const kibana = await processOf('kibana');
        const unit = '/sys/fs/cgroup/system.slice/kibana.service';
        expect(Number(await inside(`cat ${unit}/memory.max`))).toBeGreaterThan(1e9);
        await machine.run(`echo $$ > ${unit}/cgroup.procs; exec python3 -c 'print(len(bytearray(2 * 2**30)))'`);
        for (let tries = 0; (await processOf('kibana')) === kibana; tries++, await wait(1_000))
          if (tries > 120) throw new Error('Kibana is not started again');
        expect(await inside('journalctl --identifier searchgate --output cat')).toMatch(/ENDED: kibana \(oom-kill/);
        expect(await processOf('elasticsearch')).toBe(elasticsearch);
        await everyDocument();
      },
      10 * minutes,
    );
  },
);
