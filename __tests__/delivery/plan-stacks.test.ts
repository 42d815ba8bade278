import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingUpstream, stacksToPlan, synthDigest } from '../../delivery/plan-stacks';
import { synthesized } from '../synthesized';

const synth = synthesized().folder;
const folder = mkdtempSync(join(tmpdir(), 'searchgate-plans-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copy(name: string): string {
  const to = join(folder, name);
  cpSync(synth, to, { recursive: true });
  return to;
}

describe('What a pipeline plans', () => {
  test('is every stack in the order of dependencies, but the one that holds private keys', () => {
    const stacks = stacksToPlan(synth);
    expect(stacks).not.toContain('certificates');
    for (const stack of ['network', 'storage', 'host', 'search', 'kibana']) expect(stacks).toContain(stack);
    expect(stacks.indexOf('network')).toBeLessThan(stacks.indexOf('search'));
  });

  test('is, against a baseline, only what differs from it: Terraform or zip', () => {
    const changed = copy('changed');
    expect([stacksToPlan(changed, synth), synthDigest(changed)]).toEqual([[], synthDigest(synth)]);
    writeFileSync(join(changed, 'stacks/storage/cdk.tf.json'), '{}');
    writeFileSync(join(changed, 'stacks/search/assets/extra.zip'), 'zip');
    expect(stacksToPlan(changed, synth).sort()).toEqual(['search', 'storage']);
    expect(synthDigest(changed)).not.toBe(synthDigest(synth));
  });

  test('is the same after Terraform has been there', () => {
    const used = copy('used');
    writeFileSync(join(used, 'stacks/storage/.terraform.lock.hcl'), 'provider');
    expect(synthDigest(used)).toBe(synthDigest(synth));
  });
});

test('A stack waits for the one whose state, output or parameter it misses, and for nobody when it fails otherwise', () => {
  const upstream = ['network', 'power-two', 'certificates'];
  const state = `│ Error: Unable to find remote state\n│\n│   with data.terraform_remote_state.cross_stack_reference_input_network,`;
  const output = `│ Error: Unsupported attribute\n│ \${data.terraform_remote_state.cross-stack-reference-input-power-two.outputs.x}\n│ This object does not have an attribute named "x".`;
  const parameter = `│ Error: reading SSM Parameter (/searchgate/certificates/ca): couldn't find\n│ resource`;
  expect(missingUpstream(state, upstream)).toBe('network');
  expect(missingUpstream(output, upstream)).toBe('power-two');
  expect(missingUpstream(parameter, upstream)).toBe('certificates');
  expect(missingUpstream('Error: Instance cannot be destroyed', upstream)).toBeUndefined();
  expect(missingUpstream(state, ['storage'])).toBeUndefined();
});
