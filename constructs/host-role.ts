import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings';
import type { ParameterNames } from './parameter-names';
import { policyDocument, serviceTrust } from './policy-document';

export interface HostRoleProps {
  /** The role's and the instance profile's name. */
  readonly name: string;
  /** The node whose reports it may write, such as `node-0`. */
  readonly node: string;
  readonly parameters: ParameterNames;
  /** `arn:aws:ssm:REGION:ACCOUNT:parameter`, what the names of parameters are appended to. */
  readonly parameterArn: string;
  /** CloudWatch namespace that it may send metrics to. Whether it is given is fixed at synth. @default it sends none */
  readonly metricsNamespace?: string;
  /** ARN of the bucket for snapshots. */
  readonly snapshotBucketArn: string;
}

/**
 * What a host may do: open a Session Manager shell, read the certificates, keep the secrets that it makes, report, send
 * metrics of its own, and write snapshots. The managed policy for Session Manager is not used: it lets a host read every parameter of the account.
 */
export class HostRole extends Construct {
  readonly instanceProfileName: string;
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: HostRoleProps) {
    super(scope, id);
    const role = new IamRole(this, 'role', {
      name: props.name,
      description: `The host ${props.node}: Session Manager, its own parameters, snapshots`,
      assumeRolePolicy: serviceTrust('ec2.amazonaws.com'),
    });
    const below = (path: string) => `${props.parameterArn}${path}/*`;
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'host',
      role: role.id,
      policy: policyDocument(
        {
          Sid: 'SessionManager',
          Effect: 'Allow',
          Action: [
            'ssm:UpdateInstanceInformation',
            'ssmmessages:CreateControlChannel',
            'ssmmessages:CreateDataChannel',
            'ssmmessages:OpenControlChannel',
            'ssmmessages:OpenDataChannel',
            'ec2messages:AcknowledgeMessage',
            'ec2messages:DeleteMessage',
            'ec2messages:FailMessage',
            'ec2messages:GetEndpoint',
            'ec2messages:GetMessages',
            'ec2messages:SendReply',
          ],
          Resource: '*',
        },
        {
          Sid: 'ReadOwnParameters',
          Effect: 'Allow',
          Action: ['ssm:GetParameter', 'ssm:GetParameters'],
          Resource: [
            below(`${props.parameters.prefix}/certificates`),
            below(props.parameters.secrets),
            `${props.parameterArn}${props.parameters.upgrade(props.node)}`,
          ],
        },
        {
          Sid: 'KeepSecretsAndReport',
          Effect: 'Allow',
          Action: 'ssm:PutParameter',
          Resource: [below(props.parameters.secrets), below(props.parameters.host(props.node))],
        },
        ...(props.metricsNamespace === undefined
          ? []
          : [
              {
                Sid: 'SendMetrics',
                Effect: 'Allow' as const,
                Action: 'cloudwatch:PutMetricData',
                // the action knows no resources
                Resource: '*',
                Condition: { StringEquals: { 'cloudwatch:namespace': props.metricsNamespace } },
              },
            ]),
        {
          Sid: 'ListSnapshots',
          Effect: 'Allow',
          Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:GetBucketLocation'],
          Resource: props.snapshotBucketArn,
        },
        {
          Sid: 'WriteSnapshots',
          Effect: 'Allow',
          Action: [
            's3:GetObject',
            's3:PutObject',
            's3:DeleteObject',
            's3:AbortMultipartUpload',
            's3:ListMultipartUploadParts',
          ],
          Resource: `${props.snapshotBucketArn}/*`,
        },
      ),
    });
    const knowsNoResources =
      'messages of Session Manager’s agent know no resources. Metrics know none either: their namespace is held by a condition';
    acceptFindings(policy, { CKV_AWS_290: knowsNoResources, CKV_AWS_355: knowsNoResources });
    const profile = new IamInstanceProfile(this, 'instance-profile', { name: props.name, role: role.name });
    this.instanceProfileName = profile.name;
    this.roleArn = role.arn;
  }
}
