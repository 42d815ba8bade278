import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider } from '../../local/terraform/standing-provider';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import { emulatedWorkspace } from '../../local/terraform/workspace';
import { describeWith } from '../requirements';
import { type Block, services, synthesized } from '../synthesized';

const everySetting: Block = {
  tags: { team: 'search' },
  domain: { name: 'example.com', zoneId: 'Z0123456789ABCDEFGHIJ' },
  network: { cidr: '10.9.0.0/24', zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
  host: {
    instanceType: 't4g.large',
    ami: 'ami-0123456789abcdef0',
    cpuCredits: 'standard',
    rootVolume: { size: 12, iops: 4000, throughput: 250 },
    dataVolume: { type: 'io2', iops: 1000 },
  },
  elastic: { version: '9.2.1' },
  alarms: { email: 'operations@example.com', monthlyBudget: 15, budgetFor: 'deployment', monthlyHours: 250 },
  account: { apiGatewayLoggingRole: false },
  delivery: { repository: 'acme/search', existingProvider: true },
  power: {
    wakeTokenHash: 'a'.repeat(64),
    schedule: { timeZone: 'Europe/Berlin', days: ['MON', 'SAT'], start: '08:00', stop: '18:30' },
  },
  ...services(
    {
      search: {
        response: 'buffered',
        allowPreflight: true,
        allowedCidrs: ['0.0.0.0/0', '::/0'],
        reservedConcurrency: 5,
        debug: true,
        cache: { size: 0.5, paths: ['/_cat', '/static'], ttl: 60 },
      },
      kibana: { timeout: 120, memory: 512, logRetention: 30, subdomain: 'dashboards' },
    },
    { name: 'apm', origin: 'custom', port: 8200, allowedCidrs: ['198.51.100.0/24'] },
  ),
};

describeWith(['terraform', 'aws-provider', 'openssl'], 'terraform validate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-validate-'));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // Those of the example are planned and deployed by other suites.
  test('accepts every stack where every setting is used at once', async () => {
    const deployment = synthesized(everySetting);
    const workspace = await emulatedWorkspace(deployment.folder, {
      folder,
      name: 'copy',
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
    });
    const stacks = Object.keys(deployment.stacks);
    const doors = ['search', 'kibana', 'apm'];
    const others = ['state', 'delivery', 'account', 'network', 'certificates', 'storage', 'host', 'power'];
    expect(stacks.sort()).toEqual([...doors, ...others].sort());
    const provider = await startProvider({ ...workspace, folder }, workspace.environment);
    try {
      for (const stack of stacks) {
        const { environment } = provider;
        const run = { folder: stackFolder(workspace.output, stack), environment, log: join(folder, 'log') };
        await terraform(['init', '-backend=false', '-input=false'], run);
        const { output } = await terraform(['validate', '-json'], run);
        expect([stack, (JSON.parse(output) as { diagnostics: unknown[] }).diagnostics]).toEqual([stack, []]);
      }
    } finally {
      await provider.stop();
    }
  }, 300_000);
});
