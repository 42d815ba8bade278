import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume';
import example from '../../settings/example.json';
import { expression, synthesized } from '../synthesized';

const stack = synthesized().stack('storage');

describe('the data volume', () => {
  test('is encrypted gp3, leaves a snapshot behind, and Terraform refuses to destroy it', () => {
    expect(stack.json).toHaveResourceWithProperties(EbsVolume, {
      type: 'gp3',
      size: 20,
      encrypted: true,
      final_snapshot: true,
      lifecycle: { prevent_destroy: true },
      tags: { Name: 'searchgate-node-0-data' },
    });
    expect(Object.keys(stack.all('aws_ebs_volume'))).toEqual(['node_0_volume']);
  });

  test('lies in the first zone of the settings, where the host lives', () => {
    expect(stack.only('aws_ebs_volume').availability_zone).toBe('us-east-1a');
    const other = synthesized({ network: { zones: ['us-east-1c', 'us-east-1a'] } });
    expect(other.stack('storage').only('aws_ebs_volume').availability_zone).toBe('us-east-1c');
    expect(other.stack('network').at('aws_subnet.network_host_subnet_0').availability_zone).toBe('us-east-1c');
    expect(other.stack('host').only('aws_instance').subnet_id).toContain('host_subnet_0');
  });

  test('has the size and speed of the settings', () => {
    const dataVolume = { size: 200, type: 'gp3', iops: 6000, throughput: 500 };
    const larger = synthesized({ host: { dataVolume } }).stack('storage');
    expect(larger.json).toHaveResourceWithProperties(EbsVolume, dataVolume);
    const unsaid = stack.only('aws_ebs_volume');
    expect(unsaid).not.toHaveProperty('iops');
    expect(unsaid).not.toHaveProperty('throughput');
  });
});

describe('the snapshot bucket', () => {
  test('never expires what is current, which would break the repository', () => {
    expect(stack.only('aws_s3_bucket_lifecycle_configuration').rule).toEqual([
      {
        id: 'old-versions',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        noncurrent_version_expiration: [{ noncurrent_days: 30 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
    ]);
  });

  test('is as safe as the state bucket, and named so that no other account has it', () => {
    expect(stack.only('aws_s3_bucket')).toEqual({
      bucket: `searchgate-snapshots-${expression('data.aws_caller_identity.account.account_id')}-us-east-1`,
      lifecycle: { prevent_destroy: true },
    });
    const parts = (name: string) =>
      Object.keys(synthesized().stack(name).resources)
        .filter((address) => address.startsWith('aws_s3_'))
        .map((address) => address.split('.')[0]);
    expect(parts('storage')).toEqual(parts('state'));
    expect(parts('storage')).toHaveLength(6);
  });
});

test('storage depends on no other stack: it reads no state, whatever the settings', () => {
  for (const changes of [{}, { network: { zones: [...example.network.zones, 'us-east-1c'] } }]) {
    expect(Object.keys(synthesized(changes).stack('storage').document.data)).toEqual(['aws_caller_identity']);
  }
});
