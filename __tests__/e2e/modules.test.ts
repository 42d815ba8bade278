import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { seedAccount } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { readStacks } from '../../local/terraform/configuration';
import { emulatedEnvironment } from '../../local/terraform/emulated-environment';
import { copyModules } from '../../local/terraform/module-copy';
import { chooseProviders, writeInstallation } from '../../local/terraform/provider-installation';
import { terraform } from '../../local/terraform/terraform';
import { writeModules } from '../../modules/write';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { describeWith } from '../requirements';
import { synthesized } from '../synthesized';

const minutes = 60_000;

describeWith(['terraform', 'aws-provider', 'python', 'openssl'], 'the modules, with Terraform alone', () => {
  let folder: string;
  let copy: string;
  let emulator: Emulator;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'searchgate-modules-'));
    copy = join(folder, 'copy');
    writeModules(readSettings(example).settings, join(folder, 'modules'));
    const certificates = readStacks(synthesized().folder).get('certificates') ?? {};
    copyModules(join(folder, 'modules'), copy, { certificates, folder: join(folder, 'certificates') });
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const { region, domain } = example;
    await seedAccount(emulator.endpoint, { region, domain: domain.name });
    const providers = chooseProviders({ 'hashicorp/aws': '6.25.0' }, { registry: false });
    const installation = writeInstallation(join(folder, 'installation'), providers);
    environment = emulatedEnvironment({ endpoint: emulator.endpoint, region, installation });
  }, 2 * minutes);
  afterAll(async () => {
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const at = (path: string) => ({ folder: join(copy, path), environment, log: join(folder, 'log') });

  it('are formatted as terraform fmt does it', async () => {
    const run = { folder: join(folder, 'modules'), environment, log: join(folder, 'log') };
    expect((await terraform(['fmt', '-check', '-recursive', '-diff'], run)).output).toBe('');
  });

  it(
    'are valid, and pass the tests that come with them',
    async () => {
      const modules = readdirSync(copy).filter((name) => name !== 'example');
      expect(modules).toEqual(['certificates', 'gateway', 'host', 'network', 'power', 'storage']);
      for (const module of modules) {
        await terraform(['init', '-input=false'], at(module));
        const { output } = await terraform(['validate', '-json'], at(module));
        expect([module, JSON.parse(output).diagnostics]).toEqual([module, []]);
        const tested = await terraform(['test'], at(module));
        expect(tested.output).toMatch(/Success! [2-9] passed, 0 failed/);
      }
    },
    4 * minutes,
  );

  it(
    'make a deployment whose plan then is empty',
    async () => {
      await terraform(['init', '-input=false'], at('example'));
      await terraform(['apply', '-auto-approve', '-input=false'], at('example'));
      const again = await terraform(['plan', '-detailed-exitcode', '-input=false'], at('example'), [0, 2]);
      expect([again.code, again.output]).toEqual([0, expect.stringContaining('No changes')]);
    },
    5 * minutes,
  );

  it('say what is allowed where a value is wrong', async () => {
    const given = ['-var', 'name=Not A Name', '-var', 'node_addresses=["10.42.0.10"]'];
    const run = promisify(execFile)('terraform', ['plan', '-no-color', '-input=false', ...given], {
      cwd: join(copy, 'certificates'),
      env: environment,
    });
    await expect(run).rejects.toMatchObject({
      stderr: expect.stringMatching(/name is "Not A Name"; allowed:\s+lower-case letters/),
    });
  }, 60_000);
});
