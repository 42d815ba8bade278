import { type DeliveryScope, resourceArns, roleBoundaryArn } from './delivery-scope';
import type { PolicyStatement } from './policy-document';

/** Calls that make something and tag it at once: tagging whatever exists already would make it one's own. */
const creations = [
  'RunInstances',
  'CreateVolume',
  'CreateVpc',
  'CreateSubnet',
  'CreateSecurityGroup',
  'CreateRouteTable',
  'CreateInternetGateway',
  'CreateVpcEndpoint',
  'AuthorizeSecurityGroupIngress',
  'AuthorizeSecurityGroupEgress',
];

/**
 * What deploying needs besides: to change the deployment's own resources, found by their names or by the tag `searchgate:name`.
 * Nothing that holds data may be deleted, no role of the delivery itself may be touched, and a role gets rights only within its
 * boundary.
 */
export function deployStatements(scope: DeliveryScope): PolicyStatement[] {
  const of = resourceArns(scope);
  const states = `${scope.stateBucketArn}/searchgate/${scope.name}`;
  const bounded = { StringEquals: { 'iam:PermissionsBoundary': roleBoundaryArn(scope) } };
  const own = { StringEquals: { 'aws:ResourceTag/searchgate:name': scope.name } };
  const becomesOwn = { StringEquals: { 'aws:RequestTag/searchgate:name': scope.name } };
  return [
    { Sid: 'WriteStates', Effect: 'Allow', Action: 's3:PutObject', Resource: `${states}/*.tfstate` },
    { Sid: 'LockStates', Effect: 'Allow', Action: ['s3:PutObject', 's3:DeleteObject'], Resource: `${states}/*.tflock` },
    {
      Sid: 'ChangeOwnResources',
      Effect: 'Allow',
      Action: [
        'lambda:*',
        'logs:CreateLogGroup',
        'logs:DeleteLogGroup',
        'logs:PutRetentionPolicy',
        'logs:DeleteRetentionPolicy',
        'logs:PutSubscriptionFilter',
        'logs:DeleteSubscriptionFilter',
        'logs:PutMetricFilter',
        'logs:DeleteMetricFilter',
        'logs:TagResource',
        'logs:UntagResource',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:DeleteAlarms',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
        'budgets:ModifyBudget',
        'budgets:TagResource',
        'budgets:UntagResource',
        'sns:*',
        'scheduler:*',
      ],
      Resource: [of.functions, ...of.logGroups, of.alarms, of.topics, of.budgets, ...of.schedules],
    },
    {
      Sid: 'ChangeOwnBuckets',
      Effect: 'Allow',
      Action: ['s3:CreateBucket', 's3:PutBucket*', 's3:PutEncryptionConfiguration', 's3:PutLifecycleConfiguration'],
      Resource: of.buckets,
    },
    {
      Sid: 'ChangeOwnRoles',
      Effect: 'Allow',
      Action: [
        'iam:DeleteRole',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
        'iam:UpdateAssumeRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:CreateInstanceProfile',
        'iam:DeleteInstanceProfile',
        'iam:AddRoleToInstanceProfile',
        'iam:RemoveRoleFromInstanceProfile',
        'iam:TagInstanceProfile',
        'iam:UntagInstanceProfile',
      ],
      Resource: of.roles,
    },
    {
      Sid: 'GiveRightsWithinTheBoundary',
      Effect: 'Allow',
      Action: ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary'],
      Resource: of.roles[0] ?? '',
      Condition: bounded,
    },
    {
      Sid: 'GiveRolesToOwnResources',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: of.roles[0] ?? '',
      Condition: {
        StringEquals: {
          'iam:PassedToService': [
            'lambda.amazonaws.com',
            'ec2.amazonaws.com',
            'scheduler.amazonaws.com',
            'apigateway.amazonaws.com',
          ],
        },
      },
    },
    {
      Sid: 'ChangeDoors',
      Effect: 'Allow',
      Action: [
        'apigateway:POST',
        'apigateway:PUT',
        'apigateway:PATCH',
        'apigateway:DELETE',
        'apigateway:UpdateRestApiPolicy',
      ],
      Resource: [...of.apis, ...of.domainNames, of.apiTags, of.apiAccount],
    },
    {
      Sid: 'MakeCertificates',
      Effect: 'Allow',
      Action: ['acm:RequestCertificate', 'acm:AddTagsToCertificate'],
      Resource: '*',
      Condition: becomesOwn,
    },
    {
      Sid: 'DropOwnCertificates',
      Effect: 'Allow',
      Action: 'acm:DeleteCertificate',
      Resource: of.certificates,
      Condition: own,
    },
    { Sid: 'WriteRecords', Effect: 'Allow', Action: 'route53:ChangeResourceRecordSets', Resource: scope.zoneArn },
    {
      Sid: 'MakeOwnMachines',
      Effect: 'Allow',
      Action: creations.map((action) => `ec2:${action}`),
      Resource: '*',
      Condition: becomesOwn,
    },
    {
      Sid: 'TagWhatIsMade',
      Effect: 'Allow',
      Action: 'ec2:CreateTags',
      Resource: '*',
      Condition: { StringEquals: { ...becomesOwn.StringEquals, 'ec2:CreateAction': creations } },
    },
    {
      Sid: 'LaunchFromImages',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: [`arn:aws:ec2:${scope.region}::image/*`, of.ec2('network-interface')],
    },
    {
      Sid: 'ChangeOwnMachines',
      Effect: 'Allow',
      Action: [
        'ec2:RunInstances',
        'ec2:StartInstances',
        'ec2:StopInstances',
        'ec2:TerminateInstances',
        'ec2:Modify*',
        'ec2:AttachVolume',
        'ec2:DetachVolume',
        'ec2:Associate*',
        'ec2:Disassociate*',
        'ec2:AttachInternetGateway',
        'ec2:DetachInternetGateway',
        'ec2:Create*',
        'ec2:ReplaceRoute*',
        'ec2:AuthorizeSecurityGroup*',
        'ec2:RevokeSecurityGroup*',
        'ec2:UpdateSecurityGroup*',
        'ec2:DeleteSecurityGroup',
        'ec2:DeleteSubnet',
        'ec2:DeleteRoute*',
        'ec2:DeleteVpc*',
        'ec2:DeleteInternetGateway',
        'ec2:DeleteTags',
      ],
      Resource: '*',
      Condition: own,
    },
    {
      Sid: 'NothingThatHoldsData',
      Effect: 'Deny',
      Action: [
        'ec2:DeleteVolume',
        'ec2:DeleteSnapshot',
        's3:DeleteBucket',
        's3:DeleteBucketPolicy',
        's3:PutBucketAcl',
        'route53:DeleteHostedZone',
        'kms:ScheduleKeyDeletion',
      ],
      Resource: '*',
    },
    // Its name may begin like those of the deployment's buckets, and who writes its policy reads every state.
    {
      Sid: 'NotTheStateBucket',
      Effect: 'Deny',
      Action: ['s3:PutBucket*', 's3:PutEncryptionConfiguration', 's3:PutLifecycleConfiguration'],
      Resource: scope.stateBucketArn,
    },
    { Sid: 'NotItself', Effect: 'Deny', Action: 'iam:*', Resource: of.delivery },
  ];
}
