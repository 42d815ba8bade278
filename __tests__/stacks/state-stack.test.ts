import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import { expression, synthesized } from '../synthesized';

describe('the state bucket', () => {
  const stack = synthesized().stack('state');
  const bucket = { bucket: expression('aws_s3_bucket.state_bucket.id') };

  test('is one bucket, which Terraform never destroys', () => {
    expect(stack.json).toHaveResourceWithProperties(S3Bucket, {
      bucket: 'searchgate-state-example-com',
      lifecycle: { prevent_destroy: true },
    });
    expect(Object.keys(stack.all('aws_s3_bucket'))).toHaveLength(1);
  });

  test('keeps old versions, and lets them expire after 90 days; what is current never does', () => {
    expect(stack.json).toHaveResourceWithProperties(S3BucketVersioningA, {
      ...bucket,
      versioning_configuration: { status: 'Enabled' },
    });
    expect(stack.json).toHaveResource(S3BucketLifecycleConfiguration);
    const { rule } = stack.only('aws_s3_bucket_lifecycle_configuration');
    expect(rule).toEqual([
      {
        id: 'old-versions',
        status: 'Enabled',
        filter: [{ prefix: '' }],
        noncurrent_version_expiration: [{ noncurrent_days: 90 }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
    ]);
  });

  test('is encrypted', () => {
    expect(stack.json).toHaveResourceWithProperties(S3BucketServerSideEncryptionConfigurationA, {
      ...bucket,
      rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' }, bucket_key_enabled: true }],
    });
  });

  test('is closed to the public in all four ways', () => {
    expect(stack.json).toHaveResourceWithProperties(S3BucketPublicAccessBlock, {
      ...bucket,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  test('answers over TLS only, the bucket and everything in it, to everybody', () => {
    const arn = expression('aws_s3_bucket.state_bucket.arn');
    expect(JSON.parse(stack.only('aws_s3_bucket_policy').policy).Statement).toEqual([
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  test('lies where the settings say, apart from the deployment if they do, and holds its own state', () => {
    const elsewhere = synthesized({ state: { bucket: 'of-my-own', region: 'eu-central-1' } });
    const { terraform, provider } = elsewhere.stack('state').document;
    expect(provider.aws[0].region).toBe('eu-central-1');
    expect(elsewhere.stack('network').document.provider.aws[0].region).toBe('us-east-1');
    expect(terraform.backend.s3).toMatchObject({
      bucket: 'of-my-own',
      region: 'eu-central-1',
      key: 'searchgate/searchgate/state.tfstate',
    });
    expect(elsewhere.stack('network').document.terraform.backend.s3.region).toBe('eu-central-1');
  });
});
