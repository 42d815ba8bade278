import { GetParameterHistoryCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientOptions } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { clientEnvironment } from '../../local/terraform/emulated-environment';
import { run, runScript } from '../command-line';
import { describeWith } from '../requirements';
import { SearchDoorStandIn } from './search-door-stand-in';

const name = '/searchgate/secrets/elastic-password';

describeWith(['python'], 'npm run password', () => {
  let emulator: Emulator;
  let ssm: SSMClient;
  let door: SearchDoorStandIn;
  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    ssm = new SSMClient(clientOptions(emulator.endpoint, 'us-east-1'));
  }, 120_000);
  afterAll(async () => {
    ssm.destroy();
    await emulator.stop();
  });
  beforeEach(async () => {
    door = await SearchDoorStandIn.open('the old one');
    await ssm.send(
      new PutParameterCommand({ Name: name, Value: 'the old one', Type: 'SecureString', Overwrite: true }),
    );
  });
  afterEach(() => door.close());

  const password = (...words: string[]) =>
    runScript('commands/password.ts', ['--url', door.url, ...words], {
      env: clientEnvironment({ endpoint: emulator.endpoint, region: 'us-east-1' }),
    });
  /** What Systems Manager holds and held, the newest first. */
  async function history(): Promise<(string | undefined)[]> {
    const { Parameters = [] } = await ssm.send(new GetParameterHistoryCommand({ Name: name, WithDecryption: true }));
    return Parameters.map(({ Value }) => Value).reverse();
  }

  test('shows the stored one, and changes nothing', async () => {
    expect(await password('--show')).toMatchObject({ code: 0, stdout: 'the old one\n' });
    expect(door.asked).toEqual([]);
  });

  test('gives a new one to both, and shows it', async () => {
    const { code, stdout } = await password();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f]{48}\n$/);
    expect(door.password).toBe(stdout.trim());
    expect((await history()).slice(0, 2)).toEqual([stdout.trim(), 'the old one']);
  });

  test('takes one from standard input, and refuses one that Elasticsearch would refuse', async () => {
    const piped = (text: string) =>
      run(
        'bash',
        [
          '-c',
          `printf '%s\\n' "$NEW" | "$0" --require tsx/cjs commands/password.ts --stdin --url ${door.url}`,
          process.execPath,
        ],
        { env: { ...clientEnvironment({ endpoint: emulator.endpoint, region: 'us-east-1' }), NEW: text } },
      );
    expect(await piped('corréct "horse"')).toMatchObject({ code: 0, stdout: 'corréct "horse"\n' });
    expect(door.password).toBe('corréct "horse"');
    expect(await piped('short')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has 5 characters: one line of at least 6/),
    });
    expect(door.password).toBe('corréct "horse"');
  });

  test('changes nothing where the stored one is not valid, and says what helps', async () => {
    door.password = 'changed in Kibana';
    const before = await history();
    expect(await password()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/was changed elsewhere.*--on-host/s),
    });
    expect(await history()).toEqual(before);
  });

  test('changes nothing where the host sleeps or nobody answers', async () => {
    const before = await history();
    door.unavailable = { status: 503, type: 'host_asleep' };
    const asleep = await password();
    expect(asleep).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/answered 503 host_asleep.*npm run power -- start/s),
    });
    const nobody = await runScript('commands/password.ts', ['--url', 'http://127.0.0.1:9'], {
      env: clientEnvironment({ endpoint: emulator.endpoint, region: 'us-east-1' }),
    });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not answer/) });
    expect(nobody.stderr).not.toMatch(/\n {4}at /);
    expect(await history()).toEqual(before);
  });

  test('puts the old one back where Elasticsearch refuses the new one', async () => {
    door.onChange = 'refused';
    expect(await password()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/unavailable_shards.*is what it was/s),
    });
    expect([door.password, (await history())[0]]).toEqual(['the old one', 'the old one']);
  });

  test('finds out that it was changed where only the answer was lost', async () => {
    door.onChange = 'answer lost';
    const { code, stdout } = await password();
    expect(code).toBe(0);
    expect([door.password, (await history())[0]]).toEqual([stdout.trim(), stdout.trim()]);
  });

  test('leaves it to the host on request, without the door: one that was lost too', async () => {
    const { code, stdout } = await password('--on-host');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f]{48}\n\nIn Systems Manager\. The host takes it over/);
    expect(door.asked).toEqual([]);
    expect((await history()).slice(0, 2)).toEqual([stdout.split('\n')[0], 'the old one']);
  });
});
