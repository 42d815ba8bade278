import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { UserError } from '../../commands/terminal';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { clientEnvironment } from '../../local/terraform/emulated-environment';
import { Host } from '../../operations/host';
import { VersionUpgrade } from '../../operations/version-upgrade';
import { loadSettings } from '../../settings';
import { EmulatedHosts } from '../e2e/emulated-hosts';
import { describeWith } from '../requirements';

const { settings } = loadSettings(join(__dirname, '..', '..', 'settings', 'example.json'));

describeWith(['python'], 'the order to upgrade, in an emulated account', () => {
  const environment = process.env;
  const client = new Client({ node: 'http://127.0.0.1:9' });
  let emulator: Emulator;
  let hosts: EmulatedHosts;
  let volume: string;
  let told: string[];
  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    process.env = clientEnvironment({ endpoint: emulator.endpoint, region: 'us-east-1' });
    hosts = new EmulatedHosts(emulator.endpoint);
    volume = await hosts.launch('node-0');
  }, 120_000);
  afterAll(async () => {
    process.env = environment;
    hosts?.close();
    await client.close();
    await emulator?.stop();
  });
  beforeEach(async () => {
    told = [];
    await hosts.ready('node-0', 'boot-1', '9.5.2');
  });
  afterEach(() => jest.restoreAllMocks());

  const carryOut = () =>
    new VersionUpgrade(settings, client, '9.5.3').carryOut({ name: 'node-0', version: '9.5.2', started: 0 }, (text) =>
      told.push(text),
    );

  /** Upgrades node-0, which reboots: `boot` is what happens there once the order can be read. */
  async function upgrade(boot: () => Promise<void>): Promise<void> {
    const upgraded = carryOut();
    const booted = (async () => {
      while ((await hosts.order('node-0')) === undefined) await wait(50);
      // as long as the host shuts down and boots
      await wait(200);
      expect(await hosts.order('node-0')).toBe(`9.5.3 from 9.5.2 on ${volume}`);
      await boot();
    })();
    await Promise.all([upgraded, booted]);
  }

  test('stays until the host is back, and is gone once it has obeyed', async () => {
    await upgrade(() => hosts.ready('node-0', 'boot-2', '9.5.3'));
    expect(told).toEqual([expect.stringMatching(/^node-0 \(i-\w+\) reboots$/), 'node-0 is ready']);
    expect(await hosts.order('node-0')).toBeUndefined();
  }, 30_000);

  test('is gone where the host came up as it was, so that no later boot upgrades it unattended', async () => {
    await expect(upgrade(() => hosts.ready('node-0', 'boot-2', '9.5.2'))).rejects.toThrow(
      /node-0 is ready in 9\.5\.2, not in 9\.5\.3/,
    );
    expect(await hosts.order('node-0')).toBeUndefined();
  }, 30_000);

  test('is gone where the host cannot be rebooted', async () => {
    jest.spyOn(Host.prototype, 'reboot').mockRejectedValue(new UserError('node-0 cannot be rebooted'));
    await expect(carryOut()).rejects.toThrow('node-0 cannot be rebooted');
    expect(await hosts.order('node-0')).toBeUndefined();
  }, 30_000);

  test('that somebody has deleted already is no mishap; one that cannot be deleted is told, and the upgrade is done all the same', async () => {
    const real = Host.prototype.withdrawUpgrade;
    jest.spyOn(Host.prototype, 'withdrawUpgrade').mockImplementation(async function (this: Host) {
      await real.call(this);
      await real.call(this);
      throw new Error('not authorized to perform ssm:DeleteParameter');
    });
    await upgrade(() => hosts.ready('node-0', 'boot-2', '9.5.3'));
    expect(told.at(-1)).toBe(
      'the order to upgrade node-0 could not be deleted: not authorized to perform ssm:DeleteParameter',
    );
  }, 30_000);
});
