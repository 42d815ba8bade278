import { completionProblems, hostAddresses, replacementProblems } from '../../operations/host-replacement';
import { changed, planOf } from '../plan-review/plans';
import { synthesized } from '../synthesized';

const volume = 'vol-0123456789abcdef0';
const instance = changed('aws_instance.node_1_instance', { ami: 'old' }, { ami: 'new' }, { replacePaths: [['ami']] });
const attachment = (volumeId: unknown) =>
  changed(
    'aws_volume_attachment.node_1_data_volume',
    { volume_id: volume },
    { volume_id: volumeId },
    { replacePaths: [['instance_id']] },
  );
const alarm = changed('aws_cloudwatch_metric_alarm.node_1_alarms_disk', { dimensions: 'i-1' }, { dimensions: 'i-2' });
const problems = (...changes: ReturnType<typeof changed>[]) =>
  replacementProblems(planOf('host', changes).plan, 'node-1', volume);

describe('the replacement of one host', () => {
  test('touches what is its own, and nothing of the others', () => {
    const { folder } = synthesized({
      host: { nodes: 3 },
      network: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
      alarms: { email: 'ops@example.com' },
    });
    const addresses = hostAddresses(folder, 'node-1');
    expect(addresses).toContain('aws_instance.node_1_instance');
    expect(addresses).toContain('aws_volume_attachment.node_1_data_volume');
    expect(addresses.some((address) => address.startsWith('aws_cloudwatch_metric_alarm.node_1_'))).toBe(true);
    expect(addresses.filter((address) => !address.includes('.node_1_'))).toEqual([]);
  });

  test('may replace the instance and its attachment, and change what belongs to it in place', () => {
    expect(problems(instance, attachment(volume), alarm)).toEqual([]);
  });

  test('is refused where another volume would be attached, or one that is not known yet', () => {
    expect(problems(instance, attachment('vol-other'))).toEqual([
      `it would attach vol-other, and ${volume} has the data`,
    ]);
    expect(problems(instance, attachment(undefined))).toEqual([expect.stringContaining('no volume that is known yet')]);
  });

  test('is refused where anything else would be replaced or deleted, all of it named', () => {
    const other = changed('aws_instance.node_0_instance', { ami: 'old' }, { ami: 'new' }, { replacePaths: [['ami']] });
    const gone = changed('aws_iam_role.node_1_identity_role', { name: 'role' }, null);
    expect(problems(instance, attachment(volume), other, gone)).toEqual([
      'aws_instance.node_0_instance: replace',
      'aws_iam_role.node_1_identity_role: delete',
    ]);
    expect(problems(attachment(volume))).toEqual(['it would not replace the instance of node-1']);
  });
});

describe('what is missing of one host, after a replacement that broke off', () => {
  const made = changed('aws_instance.node_1_instance', null, { ami: 'new' });
  const attached = (volumeId: unknown) =>
    changed('aws_volume_attachment.node_1_data_volume', null, { volume_id: volumeId });
  const missing = (...changes: ReturnType<typeof changed>[]) =>
    completionProblems(planOf('host', changes).plan, 'node-1');

  test('may be made: the instance and its attachment, or the attachment alone', () => {
    expect(missing(made, attached(volume), alarm)).toEqual([]);
    expect(missing(attached(volume))).toEqual([]);
  });

  test('is refused without a volume that is known, or with anything of another node', () => {
    expect(missing(made)).toEqual(['it would attach no volume to node-1 that is known yet']);
    expect(missing(made, attached(undefined))).toEqual(['it would attach no volume to node-1 that is known yet']);
    const other = changed('aws_instance.node_2_instance', { ami: 'old' }, { ami: 'new' }, { replacePaths: [['ami']] });
    expect(missing(made, attached(volume), other)).toEqual(['aws_instance.node_2_instance: replace']);
  });
});
