import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describeWith } from '../../requirements';
import { AcknowledgedWrites, type WriteFigures } from './acknowledged-writes';
import { NodeNetworks } from './node-networks';
import { TrialCluster } from './trial-cluster';

const minutes = 60_000;
describeWith(
  ['java', 'maven', 'python', 'openssl', 'curl', 'network-namespaces'],
  'three real nodes, each in a network of its own, under faults, while documents are written in bulk',
  () => {
    let networks: NodeNetworks;
    let cluster: TrialCluster;
    const table: string[] = [];

    beforeAll(async () => {
      networks = new NodeNetworks();
      const { addresses } = networks;
      cluster = await TrialCluster.prepare(3, {
        addresses,
        inside: (node) => networks.inside(node),
        watermarks: true,
      });
      for (const node of [0, 1, 2]) smallVolume(node);
      for (const node of [0, 1, 2]) await cluster.start(node);
      await cluster.settled(3, 'green');
      for (const node of [0, 1, 2]) expect(cluster.formed(node).code).toBe(0);
    }, 10 * minutes);

    afterAll(async () => {
      for (const node of [0, 1, 2]) cluster?.signal(node, 'SIGKILL');
      await wait(2_000);
      for (const node of [0, 1, 2]) execFileSync('umount', ['--lazy', volume(node)]);
      await cluster?.close();
      networks?.remove();
      process.stdout.write(
        [
          '',
          '| fault | requests | failed | acknowledged | lost | longest gap | green again after |',
          '| --- | --- | --- | --- | --- | --- | --- |',
          ...table,
          '',
        ].join('\n'),
      );
    }, 2 * minutes);

    const volume = (node: number) => join(cluster.hosts[node]?.root ?? '', 'srv/searchgate');
    /** A file system of its own, that can be full without this machine's being so. */
    function smallVolume(node: number): void {
      const host = cluster.hosts[node];
      const version = host?.read('srv/searchgate/elastic-version') ?? '';
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', volume(node)]);
      host?.write('srv/searchgate/elastic-version', version);
    }

    /** Writes while a fault comes and goes; no acknowledged document may be lost, and the cluster is green again afterwards. */
    async function under(fault: string, happens: () => Promise<void>): Promise<WriteFigures> {
      const index = fault.replaceAll(/[^a-z]+/g, '-');
      const settings = { settings: { number_of_shards: 3, number_of_replicas: 1 } };
      expect((await cluster.ask('PUT', `/${index}`, JSON.stringify(settings))).status).toBe(200);
      await cluster.settled(3, 'green');
      const writes = new AcknowledgedWrites(cluster, index);
      await wait(5_000);
      await happens();
      const since = Date.now();
      await cluster.settled(3, 'green', 600);
      const healed = Math.round((Date.now() - since) / 1000);
      await wait(3_000);
      const figures = await writes.stop();
      const lost = await writes.lost();
      const { requests, failed, acknowledged, longestGap } = figures;
      table.push(
        `| ${fault} | ${requests} | ${failed} | ${acknowledged} | ${lost.length} | ${(longestGap / 1000).toFixed(1)} s | ${healed} s |`,
      );
      process.stdout.write(`${table.at(-1)}\n`);
      expect(lost).toEqual([]);
      expect(acknowledged).toBeGreaterThan(100);
      return figures;
    }

    test(
      'a node is killed and starts again',
      () =>
        under('a node killed', async () => {
          await cluster.kill(1);
          await wait(10_000);
          await cluster.start(1);
        }),
      15 * minutes,
    );

    test(
      'the master is killed and starts again',
      () =>
        under('the master killed', async () => {
          const node = await cluster.master();
          await cluster.kill(node);
          await wait(10_000);
          await cluster.start(node);
        }),
      15 * minutes,
    );

    test(
      'a node halts for a minute and goes on, believing that no time has passed',
      () =>
        under('a node halted for a minute', async () => {
          cluster.signal(1, 'SIGSTOP');
          await wait(60_000);
          cluster.signal(1, 'SIGCONT');
        }),
      15 * minutes,
    );

    test(
      'the master is cut off from the others for a minute, though the door still reaches it',
      () =>
        under('the master cut off for a minute', async () => {
          const node = await cluster.master();
          networks.cutOff(node);
          await wait(60_000);
          networks.heal(node);
        }),
      15 * minutes,
    );

    test(
      "a node's volume is filled to the last byte and emptied again",
      () =>
        under('a volume full for a minute', async () => {
          const { bavail, bsize } = statfsSync(volume(2));
          const filler = join(volume(2), 'filler');
          writeFileSync(filler, Buffer.alloc(bavail * bsize - 1024 * 1024));
          await wait(60_000);
          rmSync(filler);
        }),
      15 * minutes,
    );

    test(
      'a node is replaced by one with an empty volume',
      () =>
        under('a node replaced empty', async () => {
          await cluster.kill(2);
          execFileSync('umount', ['--lazy', volume(2)]);
          smallVolume(2);
          await cluster.start(2);
        }),
      15 * minutes,
    );
  },
);
