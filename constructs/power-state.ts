import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule';
import { Construct } from 'constructs';
import { acceptFindings, bucketFindings } from './accepted-findings';
import { policyDocument } from './policy-document';

export interface PowerStateProps {
  /** The bucket's name, unique in all of AWS. */
  readonly bucketName: string;
  /** The document's key in it. */
  readonly documentKey: string;
  /** The gateway endpoint for S3 of the VPC that may read the document. */
  readonly endpointId: string;
  /** The addresses of S3 in the region, as EC2 keeps them. */
  readonly prefixListId: string;
  /** The security group of the forwarders, which may go nowhere else than to their hosts. */
  readonly forwardersGroupId: string;
}

/**
 * A bucket with one small document: whether the hosts sleep. Forwarders have neither internet nor S3 credentials; they read it
 * through the VPC's gateway endpoint for S3, which is free and which the bucket's policy names. Nothing secret is in it and nothing
 * is lost with it, so it goes with its stack.
 */
export class PowerState extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;

  constructor(scope: Construct, id: string, props: PowerStateProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, 'bucket', { bucket: props.bucketName, forceDestroy: true });
    // Once it is deployed, the bucket is told of its policy too.
    const everybody = {
      CKV_AWS_70: 'forwarders read it without credentials: everybody is let in, but through this VPC’s endpoint only',
    };
    acceptFindings(bucket, {
      ...bucketFindings,
      ...everybody,
      CKV_AWS_21: 'it holds one document of a few hundred bytes that is written anew all the time and can be lost',
      CKV2_AWS_61: 'one document, always the same: nothing gathers',
    });
    const publicAccess = new S3BucketPublicAccessBlock(this, 'public-access', {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new S3BucketPolicy(this, 'policy', {
      bucket: bucket.id,
      policy: policyDocument(
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [bucket.arn, `${bucket.arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: 'ForwardersReadState',
          Effect: 'Allow',
          Principal: '*',
          Action: 's3:GetObject',
          Resource: `${bucket.arn}/${props.documentKey}`,
          Condition: { StringEquals: { 'aws:SourceVpce': props.endpointId } },
        },
      ),
      dependsOn: [publicAccess],
    });
    acceptFindings(policy, everybody);
    new VpcSecurityGroupEgressRule(this, 'forwarders-to-s3', {
      securityGroupId: props.forwardersGroupId,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      prefixListId: props.prefixListId,
      description: 'S3, to read whether the hosts sleep',
    });
    this.bucketName = bucket.bucket;
    this.bucketArn = bucket.arn;
  }
}
