import { stdout } from 'node:process';
import { succeed } from '../../local/machine-boot/cache';
import { HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import { LoopDevice } from '../../local/machine-boot/loop-device';
import type { Machine } from '../../local/machine-boot/machine';
import { MemoryGroup } from '../../local/machine-boot/memory-group';
import { run } from '../../local/process-group';
import { describeWith } from '../requirements';
import { aggregate, askAsElastic, mergeAll, until, writeBulk, writeHeavily } from './booted-host';

const minutes = 60_000;

/** One instance short of memory and room, and with wrong volumes (`npm run host:faults`); `npm run host:boot -- --faults` tries every fault in every phase. */
describeWith(['machine', 'java', 'maven', 'python', 'openssl', 'curl'], 'a host that has not what it needs', () => {
  let place: HostBoot;
  let machine: Machine;

  beforeAll(async () => {
    place = await HostBoot.prepare((text) => process.stdout.write(`${text}\n`));
    machine = await place.launch();
    await machine.boot(place.volume.device, volumeId);
    for (const id of Array.from({ length: 60 }, (_, each) => each)) await index(id);
    await elastic('/numbers/_refresh', '-X', 'POST');
  }, 10 * minutes);
  afterAll(async () => place?.close(), minutes);

  const inside = async (command: string) => (await machine.run(command)).output.trim();
  const elastic = (path: string, ...options: string[]) => askAsElastic(place, path, ...options);
  const index = (id: number) =>
    elastic(`/numbers/_doc/${id}`, '-X', 'PUT', '--json', `{"n":${id},"text":"${'x'.repeat(200)}"}`);

  test(
    'under writes, merges and aggregations Elasticsearch stays within the memory that is counted for it',
    async () => {
      const process = await inside('systemctl show --property MainPID --value elasticsearch');
      const memory = async (field: string) =>
        Number(/\d+/.exec(await inside(`grep ${field} /proc/${process}/status`))?.[0]) / 1024;
      const atRest = await memory('VmRSS');
      for (let bulk = 0; bulk < 60; bulk++) {
        const searches = bulk < 2 ? [] : [aggregate(place), aggregate(place)];
        const answers = await Promise.all([writeBulk(place, bulk), ...searches]);
        expect(answers[0]).toBe('{"errors":false}');
        for (const answer of answers.slice(1)) expect(answer).toContain('"buckets"');
      }
      await elastic('/load/_refresh', '-X', 'POST');
      expect(await elastic('/load/_count?filter_path=count')).toBe('{"count":120000}');
      await mergeAll(place);
      expect(await elastic('/_cluster/health?filter_path=status')).toMatch(/green|yellow/);
      const heap = Number(/-Xmx(\d+)m/.exec(await inside('cat /etc/elasticsearch/jvm.options.d/*'))?.[1]);
      const peak = await memory('VmHWM');
      stdout.write(
        `Elasticsearch: ${Math.round(atRest)} MiB at first, ${Math.round(peak)} MiB at most, of ${heap * 1.5 + 250} counted\n`,
      );
      expect(peak).toBeLessThan(heap * 1.5 + 250);
      expect(await inside('systemctl show --property MainPID --value elasticsearch')).toBe(process);
      await elastic('/load', '-X', 'DELETE');
    },
    15 * minutes,
  );

  describeWith(['memory-control-groups'], 'where memory runs out', () => {
    let group: MemoryGroup | undefined;
    afterEach(async () => group?.close());

    test(
      'the kernel kills Elasticsearch, which is told and started again with all its documents, and Kibana goes on',
      async () => {
        const processOf = (unit: string) => inside(`systemctl show --property MainPID --value ${unit}`);
        const before = { elasticsearch: await processOf('elasticsearch'), kibana: await processOf('kibana') };
        const count = await elastic('/numbers/_count?filter_path=count');
        group = await MemoryGroup.make('elasticsearch', 16 * 2 ** 20);
        await group.adopt(await machine.processesOf('elasticsearch'));
        await until('the end of Elasticsearch', async () => {
          await writeHeavily(place);
          return (await processOf('elasticsearch')) !== before.elasticsearch;
        });
        await until('Elasticsearch', async () => (await elastic('/numbers/_count?filter_path=count')) === count);
        expect(await processOf('kibana')).toBe(before.kibana);
        await machine.showKills();
        expect(await inside('journalctl --identifier searchgate --output cat')).toMatch(
          /ENDED: elasticsearch \((signal|oom-kill), KILL\) and is started again/,
        );
        expect(JSON.parse(await inside('/usr/local/lib/searchgate/status')).trouble).toContainEqual(
          expect.stringContaining('processes were killed because memory ran out'),
        );
      },
      8 * minutes,
    );
  });

  test(
    'a full volume stops writes, not searches, until there is room again',
    async () => {
      await inside(
        'fallocate --length $(($(df --block-size=1M --output=avail /srv/searchgate | tail -n 1) - 50))M /srv/searchgate/filler',
      );
      await until('a refused write', async () => (await index(1e6)).includes('cluster_block_exception'));
      expect(await elastic('/numbers/_doc/0')).toContain('"found":true');
      await inside('rm /srv/searchgate/filler');
      await until('a write', async () => (await index(2e6)).includes('"created"'));
    },
    8 * minutes,
  );

  describe('what is not the right volume, or not as it has to be, is refused in one line and left as it is', () => {
    /** Runs setup again and gives its last line. */
    const setup = () =>
      inside(
        `systemctl restart searchgate-setup; journalctl --identifier searchgate --output cat | grep -E '^(READY|FAILED)' | tail -n 1`,
      );
    const detach = () => inside('systemctl stop searchgate-setup elasticsearch kibana; umount /srv/searchgate; sync');
    const copy = () => `${place.volume.file}.before`;
    /** Bytes that are no longer as they were. */
    const differences = async () => {
      const { output } = await run('cmp', ['--verbose', copy(), place.volume.file]);
      return output.split('\n').filter(Boolean);
    };
    const checksum = () => succeed('cksum', [place.volume.file]);

    test(
      'no volume, or another one, is waited for and named',
      async () => {
        await detach();
        const link = '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol';
        await inside('systemctl set-environment VOLUME_WAIT_SECONDS=2');
        await inside(`mv ${link}0123456789abcdef0 ${link}0aaaaaaaaaaaaaaaa`);
        expect(await setup()).toMatch(
          /^FAILED: node-0 in phase volume: data volume vol-0123456789abcdef0 is not attached: attach it/,
        );
        await inside(`systemctl stop searchgate-setup; mv ${link}0aaaaaaaaaaaaaaaa ${link}0123456789abcdef0`);
      },
      4 * minutes,
    );

    test(
      'of two with our label neither is chosen',
      async () => {
        const second = await LoopDevice.attach(`${place.volume.file}.second`, 2 ** 26);
        try {
          await succeed('mkfs.ext4', ['-q', '-L', 'searchgate', second.device]);
          await inside(`mknod /dev/nvme9n1 b 7 ${/\d+$/.exec(second.device)?.[0]}`);
          const before = await checksum();
          expect(await setup()).toMatch(
            /^FAILED: node-0 in phase volume: beside vol-0123456789abcdef0 \(\/dev\/nvme\dn1\), \/dev\/nvme9n1 has our label too/,
          );
          expect(await checksum()).toBe(before);
        } finally {
          await inside('rm /dev/nvme9n1');
          await second.destroy();
        }
      },
      4 * minutes,
    );

    test(
      'data last used with a newer version is not opened; with its own version, and the right volume, all of it is there',
      async () => {
        await inside('mount /dev/disk/by-id/nvme-* /srv/searchgate; echo 9.9.9 > /srv/searchgate/elastic-version');
        expect(await setup()).toMatch(
          /^FAILED: node-0 in phase packages: the volume was last used with 9\.9\.9, which Elastic's package repository does not have/,
        );
        expect(await inside('systemctl is-active elasticsearch || true')).toBe('inactive');
        await inside('echo 9.5.3 > /srv/searchgate/elastic-version');
        expect(await setup()).toMatch(/^READY/);
        expect(await elastic('/numbers/_doc/0')).toContain('"found":true');
      },
      8 * minutes,
    );

    const foreign: [string, (device: string) => Promise<unknown>, RegExp][] = [
      [
        'a file system of somebody',
        (device) => succeed('mkfs.ext4', ['-q', '-F', '-L', 'somebody', device]),
        /holds something that is not ours \(type ext4, label somebody\) and is left as it is/,
      ],
      [
        'bytes that are no file system',
        (device) => succeed('dd', ['if=/dev/urandom', `of=${device}`, 'bs=1k', 'count=4', 'conv=fsync', 'status=none']),
        /holds something that is not ours \(type unknown, label none\) and is left as it is/,
      ],
    ];
    test.each(foreign)(
      '%s is not touched',
      async (_, write, reason) => {
        await detach();
        await place.volume.clear();
        await write(place.volume.device);
        await succeed('sync', [place.volume.file]);
        await succeed('cp', ['--sparse=always', place.volume.file, copy()]);
        expect(await setup()).toMatch(reason);
        await succeed('sync', [place.volume.file]);
        expect(await differences()).toEqual([]);
      },
      4 * minutes,
    );

    test(
      'a damaged file system of ours is neither formatted nor mounted',
      async () => {
        await detach();
        await place.volume.clear();
        const { device } = place.volume;
        await succeed('mkfs.ext4', ['-q', '-F', '-L', 'searchgate', device]);
        const identity = () => succeed('blkid', ['--probe', '--match-tag', 'UUID', '--output', 'value', device]);
        const before = await identity();
        const at = ['bs=1k', 'seek=4', 'count=60', 'conv=fsync', 'status=none'];
        await succeed('dd', ['if=/dev/urandom', `of=${device}`, ...at]);
        expect(await setup()).toMatch(
          /the file system of vol-0123456789abcdef0 \(\S+\) is damaged beyond .* make a snapshot of the volume/,
        );
        expect(await identity()).toBe(before);
        expect((await machine.run('mountpoint --quiet /srv/searchgate')).code).not.toBe(0);
      },
      4 * minutes,
    );

    test(
      'the volume of another deployment is left to it, and a blank one in its place is formatted',
      async () => {
        await place.volume.clear();
        await succeed('mkfs.ext4', ['-q', '-F', '-L', 'searchgate', place.volume.device]);
        await inside('mount /dev/disk/by-id/nvme-* /srv/searchgate && echo name=other > /srv/searchgate/.searchgate');
        expect(await setup()).toMatch(
          /^FAILED: node-0 in phase volume: vol-0123456789abcdef0 belongs to the deployment "other", not to "searchgate"/,
        );
        expect(await inside('ls -A /srv/searchgate')).toBe('.searchgate\nlost+found');
        await detach();
        await place.volume.clear();
        expect((await machine.run('/usr/local/lib/searchgate/volume')).code).toBe(0);
        expect(await inside('cat /run/searchgate/summary /srv/searchgate/.searchgate')).toMatch(
          /^formatted vol-0123456789abcdef0 .*name=searchgate$/s,
        );
      },
      4 * minutes,
    );
  });
});
