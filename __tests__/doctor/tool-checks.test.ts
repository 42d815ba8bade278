import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome, Surroundings } from '../../doctor/check';
import { type Machine, thisMachine, toolChecks } from '../../doctor/tool-checks';
import { registryHost, thisTarget } from '../../local/terraform/provider-mirror';

const mirror = mkdtempSync(join(tmpdir(), 'searchgate-mirror-'));
mkdirSync(join(mirror, registryHost, 'hashicorp/aws/6.20.0', thisTarget), { recursive: true });
afterAll(() => rmSync(mirror, { recursive: true, force: true }));

const sound: Machine = {
  nodeVersion: () => '22.1.0',
  terraformVersion: () => '1.12.2',
  packageVersion: () => '0.21.0',
  pinnedProviders: () => ({ 'hashicorp/aws': '6.25.0' }),
  registryAnswers: async () => true,
  mirrors: [],
};

async function found(faults: Partial<Machine>, emulated = false): Promise<Record<string, Outcome>> {
  const checks = toolChecks({ ...sound, ...faults });
  const surroundings = { emulated } as Surroundings;
  return Object.fromEntries(
    await Promise.all(checks.map(async (check) => [check.name, await check.run(surroundings)] as const)),
  );
}

test('A machine with all that is needed has no problem', async () => {
  expect(Object.values(await found({})).map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
});

test('Each tool that is missing or too old is a problem with its remedy', async () => {
  const faults: [string, Partial<Machine>, RegExp][] = [
    ['Node', { nodeVersion: () => '18.20.0' }, /20\.9/],
    ['Terraform', { terraformVersion: () => '1.9.8' }, /1\.10/],
    ['Terraform', { terraformVersion: () => undefined }, /install Terraform/],
    ['CDKTF', { packageVersion: (name) => (name === 'cdktf' ? '0.21.0' : '0.20.0') }, /npm ci/],
    ['Terraform providers', { registryAnswers: async () => false }, /SEARCHGATE_PROVIDER_MIRROR/],
  ];
  for (const [name, fault, advice] of faults) {
    expect([name, (await found(fault))[name]]).toEqual([
      name,
      expect.objectContaining({ status: 'problem', advice: expect.stringMatching(advice) }),
    ]);
  }
});

test('Another version of a provider stops a deploy, not a rehearsal', async () => {
  const fault = { registryAnswers: async () => false, mirrors: [mirror] };
  expect((await found(fault))['Terraform providers']).toMatchObject({
    status: 'problem',
    found: expect.stringContaining('here: 6.20.0'),
  });
  expect((await found(fault, true))['Terraform providers']).toMatchObject({ status: 'unsure' });
});

test('The pinned versions are read from the bindings that are installed', () => {
  expect(thisMachine.pinnedProviders()).toMatchObject({
    'hashicorp/aws': expect.stringMatching(/^\d+\./),
    'hashicorp/tls': expect.any(String),
  });
  expect(thisMachine.packageVersion('cdktf')).toBe(thisMachine.packageVersion('cdktf-cli'));
});
