import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Trial, tryFaults } from '../../local/machine-boot/fault-trial';
import { faultNamed } from '../../local/machine-boot/faults';
import { HostBoot, volumeId } from '../../local/machine-boot/host-boot';
import type { Machine } from '../../local/machine-boot/machine';
import { describeWith } from '../requirements';
import { askAsElastic } from './booted-host';

const minutes = 60_000;

/** The most telling faults; `npm run host:boot -- --faults` tries every one in every phase. */
describeWith(['machine', 'java', 'maven', 'python', 'openssl', 'curl'], 'a host that boots and is interrupted', () => {
  let place: HostBoot;
  let machine: Machine;

  beforeAll(async () => {
    place = await HostBoot.prepare((text) => process.stdout.write(`${text}\n`));
    machine = await place.launch();
  }, 10 * minutes);
  afterAll(async () => place?.close(), minutes);

  const ask = (path: string, ...options: string[]) => askAsElastic(place, path, ...options);
  const write = (id: number) => ask(`/numbers/_doc/${id}`, '-X', 'PUT', '--json', `{"n":${id}}`);

  test(
    'a first boot that is cut off, refused, filled up and killed on its way ends ready all the same',
    async () => {
      const told: string[] = [];
      const booting = machine
        .boot(place.volume.device, volumeId, (line) => told.push(line))
        .catch((error: Error) => error.message);
      // while cloud-init lays the files down
      const laid = (path: string) => existsSync(join(machine.disk, path));
      while (!laid('usr/local/lib/searchgate/volume')) await wait(20);
      await machine.powerCut();
      expect(await booting).toMatch(/^the machine went off/);
      expect(told.join('\n')).not.toContain('searchgate[');

      const trials: Trial[] = [];
      const attempts = [
        { fault: faultNamed('Systems Manager absent'), phase: 'parameters' },
        { fault: faultNamed('kill -9 of setup'), phase: 'credentials' },
        { fault: faultNamed('root disk full'), phase: 'credentials' },
        { fault: faultNamed('power cut'), phase: 'services' },
      ] as const;
      await tryFaults(place, machine, attempts, (trial) => {
        trials.push(trial);
        process.stdout.write(`${trial.fault} in ${trial.phase}: ${trial.told} ${trial.healed}\n`);
      });
      expect(trials).toEqual([
        {
          fault: 'Systems Manager absent',
          phase: 'parameters',
          told: expect.stringMatching(
            /^FAILED: node-0 in phase parameters: Systems Manager does not give the parameters/,
          ),
          healed: "unit's own retry",
        },
        { fault: 'kill -9 of setup', phase: 'credentials', told: '', healed: "unit's own retry" },
        {
          fault: 'root disk full',
          phase: 'credentials',
          told: expect.stringMatching(/^FAILED: node-0 in phase credentials: no space left on \/: delete something/),
          healed: "unit's own retry",
        },
        { fault: 'power cut', phase: 'services', told: '', healed: 'next boot' },
      ]);
      expect(await ask('/_security/_authenticate')).toContain('"username":"elastic"');
      expect((await machine.run('rpm --verify --noconfig elasticsearch kibana')).output).toBe('');
    },
    10 * minutes,
  );

  test(
    'the power fails again while documents are written: every one that was acknowledged is there afterwards',
    async () => {
      const acknowledged: number[] = [];
      let writing = true;
      const writers = [0, 1, 2].map(async (writer) => {
        for (let id = writer; writing; id += 3) if ((await write(id)).includes('"created"')) acknowledged.push(id);
      });
      while (acknowledged.length < 60) await wait(20);
      await machine.powerCut();
      writing = false;
      await Promise.all(writers);
      expect((await machine.boot(place.volume.device, volumeId)).line).toMatch(/^READY/);
      await ask('/numbers/_refresh', '-X', 'POST');
      const { hits } = JSON.parse(await ask('/numbers/_search?size=10000&_source=false'));
      const found = new Set((hits.hits as { _id: string }[]).map(({ _id }) => Number(_id)));
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
    },
    8 * minutes,
  );
});
