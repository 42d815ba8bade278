import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume';
import { TerraformStack, Testing } from 'cdktf';
import { type AddressLedger, compareLedger, extendLedger } from '../../plan-review/address-ledger';
import committed from '../../plan-review/address-ledger.json';
import complete from '../../settings/complete.json';
import { type Block, synthesized } from '../synthesized';

const documents = (changes: Block) =>
  Object.fromEntries(Object.entries(synthesized(changes).stacks).map(([name, { document }]) => [name, document]));

describe('The ledger of Terraform addresses', () => {
  test('knows every address; `npm run addresses` writes new ones down', () => {
    expect(compareLedger(committed as AddressLedger, documents(complete)).unlisted).toEqual([]);
    expect(compareLedger(committed as AddressLedger, documents({})).unlisted).toEqual([]);
  });

  test('misses none: what was renamed has a moved block, what was given up is retired with a reason', () => {
    expect(compareLedger(committed as AddressLedger, documents(complete)).vanished).toEqual([]);
    for (const [address, reason] of Object.entries(committed.retired as Record<string, string>)) {
      expect([address, reason.length > 20]).toEqual([address, true]);
    }
  });
});

describe('A renamed resource', () => {
  const deployed = { aws_ebs_volume: { volume: { size: 1 }, other: { size: 2 } } };
  const renamed = { aws_ebs_volume: { disk: { size: 1 }, other: { size: 2 } } };
  const ledger = extendLedger({ stacks: {}, retired: {} }, { storage: { resource: deployed } });
  const vanished = (configuration: Record<string, unknown>, changes: Partial<AddressLedger> = {}) =>
    compareLedger({ ...ledger, ...changes }, { storage: configuration }).vanished;

  test('is noticed, and so is a stack that is gone', () => {
    expect(vanished({ resource: renamed })).toEqual(['storage:aws_ebs_volume.volume']);
    expect(compareLedger(ledger, {}).vanished).toHaveLength(2);
  });

  test('passes once a moved block leads to its new address, and to no other', () => {
    const moved = (to: string) => [{ from: 'aws_ebs_volume.volume', to }];
    expect(vanished({ resource: renamed, moved: moved('aws_ebs_volume.disk') })).toEqual([]);
    expect(vanished({ resource: renamed, moved: moved('aws_ebs_volume.nowhere') })).toHaveLength(1);
  });

  test('passes with what CDKTF writes for moveFromId', () => {
    const app = Testing.app();
    const stack = new TerraformStack(app, 'storage');
    const disk = new EbsVolume(stack, 'disk', { availabilityZone: 'us-east-1a', size: 1 });
    const other = new EbsVolume(stack, 'other', { availabilityZone: 'us-east-1a', size: 2 });
    const synth = () => JSON.parse(Testing.synth(stack)) as Record<string, unknown>;
    expect(other.friendlyUniqueId).toBe('other');
    expect(vanished(synth())).toEqual(['storage:aws_ebs_volume.volume']);
    disk.moveFromId('aws_ebs_volume.volume');
    expect(vanished(synth())).toEqual([]);
  });

  test('passes when it is forgotten or retired on purpose', () => {
    const removed = (lifecycle?: unknown) => [{ from: 'aws_ebs_volume.volume', lifecycle }];
    expect(vanished({ resource: renamed, removed: removed({ destroy: false }) })).toEqual([]);
    expect(vanished({ resource: renamed, removed: removed([{ destroy: false }]) })).toEqual([]);
    // Terraform destroys what a removed block names, unless it says otherwise.
    expect(vanished({ resource: renamed, removed: removed() })).toHaveLength(1);
    expect(vanished({ resource: renamed, removed: removed({ destroy: true }) })).toHaveLength(1);
    expect(
      vanished({ resource: renamed }, { retired: { 'storage:aws_ebs_volume.volume': 'nobody needs it' } }),
    ).toEqual([]);
  });
});
