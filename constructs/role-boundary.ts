import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { type IAspect, TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { type DeliveryScope, resourceArns, roleBoundaryArn } from './delivery-scope';
import { metricsNamespace } from './deployment-names';
import type { PolicyStatement } from './policy-document';

/**
 * The most that any role of a deployment may do, whatever its own policies say: work on the deployment's own logs, parameters,
 * buckets, metrics, functions and hosts. A pipeline makes those roles, so without a boundary it could make one that may do everything.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export function roleBoundaryStatements(scope: DeliveryScope): PolicyStatement[] {
  const of = resourceArns(scope);
  const own = { StringEquals: { 'aws:ResourceTag/searchgate:name': scope.name } };
  return [
    {
      Sid: 'WhatKnowsNoResource',
      Effect: 'Allow',
      Action: [
        'ec2:AssignPrivateIpAddresses',
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeInstances',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:UnassignPrivateIpAddresses',
        'ec2messages:*',
        'ssm:UpdateInstanceInformation',
        'ssmmessages:*',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ],
      Resource: '*',
    },
    {
      Sid: 'OwnLogs',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:FilterLogEvents', 'logs:PutLogEvents'],
      Resource: of.logGroups,
    },
    {
      Sid: 'OwnParameters',
      Effect: 'Allow',
      Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:PutParameter'],
      Resource: of.parameters,
    },
    {
      Sid: 'OwnBuckets',
      Effect: 'Allow',
      Action: [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:GetBucketLocation',
        's3:GetObject',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
        's3:ListMultipartUploadParts',
        's3:PutObject',
      ],
      Resource: [of.buckets, `${of.buckets}/*`],
    },
    {
      Sid: 'OwnFunctionsAndTopics',
      Effect: 'Allow',
      Action: ['lambda:InvokeFunction', 'sns:Publish'],
      Resource: [of.functions, of.topics],
    },
    {
      Sid: 'OwnMetrics',
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': metricsNamespace(scope.name) } },
    },
    {
      Sid: 'OwnHosts',
      Effect: 'Allow',
      Action: ['ec2:StartInstances', 'ec2:StopInstances'],
      Resource: of.ec2('instance'),
      Condition: own,
    },
    // The state bucket's name may begin like those of the deployment's buckets.
    {
      Sid: 'NoStates',
      Effect: 'Deny',
      Action: 's3:*',
      Resource: [scope.stateBucketArn, `${scope.stateBucketArn}/*`],
    },
  ];
}

/** Sets the boundary on every role of a stack: `Aspects.of(stack).add(new RoleBoundary(name))`. */
export class RoleBoundary implements IAspect {
  /** @param deployment the deployment's name */
  constructor(private readonly deployment: string) {}

  visit(node: IConstruct): void {
    if (!TerraformStack.isStack(node)) return;
    const roles = node.node.findAll().filter((each) => each instanceof IamRole);
    if (roles.length === 0) return;
    const account = new DataAwsCallerIdentity(node, 'role-boundary-account').accountId;
    const boundary = roleBoundaryArn({ name: this.deployment, account });
    for (const role of roles) role.permissionsBoundary = boundary;
  }
}
