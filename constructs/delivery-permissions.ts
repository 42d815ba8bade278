import type { PolicyStatement } from './policy-document';

/** What a pipeline works on. All but the names may be tokens. */
export interface DeliveryScope {
  /** The deployment's name, with which the names of its resources begin. */
  readonly name: string;
  readonly region: string;
  /** The account's id. */
  readonly account: string;
  readonly stateBucketArn: string;
  /** ARN of the hosted zone. */
  readonly zoneArn: string;
}

/** Stacks that only people deploy: the one with private keys, and those that a pipeline could widen its own rights with. */
const personsStacks = ['certificates', 'delivery', 'state'];

/** ARNs of one deployment's resources, by service. */
function resources({ name, region, account }: DeliveryScope) {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  return {
    functions: arn('lambda', `function:${name}-*`),
    roles: [`arn:aws:iam::${account}:role/${name}-*`, `arn:aws:iam::${account}:instance-profile/${name}-*`],
    deliveryRoles: `arn:aws:iam::${account}:role/${name}-delivery-*`,
    logGroups: [arn('logs', `log-group:/aws/lambda/${name}-*`), arn('logs', `log-group:/aws/apigateway/${name}-*`)],
    alarms: arn('cloudwatch', `alarm:${name}-*`),
    topics: arn('sns', `${name}-*`),
    schedules: [arn('scheduler', `schedule/*/${name}-*`), arn('scheduler', `schedule-group/${name}-*`)],
    buckets: `arn:aws:s3:::${name}-*`,
    apis: [`arn:aws:apigateway:${region}::/restapis`, `arn:aws:apigateway:${region}::/restapis/*`],
    domainNames: [`arn:aws:apigateway:${region}::/domainnames`, `arn:aws:apigateway:${region}::/domainnames/*`],
    apiTags: `arn:aws:apigateway:${region}::/tags/*`,
    apiAccount: `arn:aws:apigateway:${region}::/account`,
    certificates: arn('acm', 'certificate/*'),
    ec2: (kind: string) => arn('ec2', `${kind}/*`),
    parameters: arn('ssm', `parameter/${name}/*`),
    authority: arn('ssm', `parameter/${name}/certificates/ca`),
    publicParameters: `arn:aws:ssm:${region}::parameter/aws/service/ami-amazon-linux-latest/*`,
  };
}

/** What planning needs: to read every resource but no content, the states but those of {@link personsStacks}, and to keep plans. */
export function planStatements(scope: DeliveryScope): PolicyStatement[] {
  const of = resources(scope);
  const states = `${scope.stateBucketArn}/searchgate/${scope.name}`;
  return [
    {
      Sid: 'SeeWhatHasNoName',
      Effect: 'Allow',
      Action: [
        'ec2:Describe*',
        'ec2:GetManagedPrefixListEntries',
        'acm:ListCertificates',
        'logs:DescribeLogGroups',
        'route53:ListHostedZones',
        'route53:ListHostedZonesByName',
        'ssm:DescribeParameters',
      ],
      Resource: '*',
    },
    {
      Sid: 'SeeOwnResources',
      Effect: 'Allow',
      Action: [
        'lambda:Get*',
        'lambda:List*',
        'iam:Get*',
        'iam:List*',
        'logs:Describe*',
        'logs:ListTagsForResource',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'sns:Get*',
        'sns:List*',
        'scheduler:Get*',
        'scheduler:List*',
        's3:GetBucket*',
        's3:GetEncryptionConfiguration',
        's3:GetLifecycleConfiguration',
        's3:GetAccelerateConfiguration',
        's3:GetReplicationConfiguration',
        's3:ListBucket',
      ],
      Resource: [of.functions, ...of.roles, ...of.logGroups, of.alarms, of.topics, ...of.schedules, of.buckets],
    },
    {
      Sid: 'SeeDoors',
      Effect: 'Allow',
      Action: ['apigateway:GET', 'acm:DescribeCertificate', 'acm:GetCertificate', 'acm:ListTagsForCertificate'],
      Resource: [...of.apis, ...of.domainNames, of.apiTags, of.apiAccount, of.certificates],
    },
    {
      Sid: 'SeeZone',
      Effect: 'Allow',
      Action: [
        'route53:GetHostedZone',
        'route53:ListResourceRecordSets',
        'route53:ListTagsForResource',
        'route53:GetChange',
      ],
      Resource: [scope.zoneArn, 'arn:aws:route53:::change/*'],
    },
    {
      Sid: 'SeePublicParameters',
      Effect: 'Allow',
      Action: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:ListTagsForResource'],
      Resource: [of.authority, of.publicParameters],
    },
    {
      Sid: 'ListStates',
      Effect: 'Allow',
      Action: ['s3:ListBucket', 's3:GetBucketLocation'],
      Resource: scope.stateBucketArn,
    },
    { Sid: 'ReadStates', Effect: 'Allow', Action: 's3:GetObject', Resource: `${states}/*` },
    { Sid: 'KeepPlans', Effect: 'Allow', Action: 's3:PutObject', Resource: `${states}/plans/*` },
    {
      Sid: 'NoPrivateKeys',
      Effect: 'Deny',
      Action: 's3:*',
      Resource: personsStacks.map((stack) => `${states}/${stack}.tfstate*`),
    },
    {
      Sid: 'NoSecrets',
      Effect: 'Deny',
      Action: ['ssm:GetParameter*', 'ssm:PutParameter', 'ssm:DeleteParameter*'],
      Resource: [
        `${of.parameters.replace(/\*$/, 'secrets/*')}`,
        `${of.parameters.replace(/\*$/, 'certificates/*/key')}`,
      ],
    },
  ];
}

/**
 * What deploying needs besides: to change the deployment's own resources, found by their names or by the tag `searchgate:name`.
 * Nothing that holds data may be deleted, and no role of the delivery itself may be touched.
 */
export function deployStatements(scope: DeliveryScope): PolicyStatement[] {
  const of = resources(scope);
  const states = `${scope.stateBucketArn}/searchgate/${scope.name}`;
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
        'sns:*',
        'scheduler:*',
      ],
      Resource: [of.functions, ...of.logGroups, of.alarms, of.topics, ...of.schedules],
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
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
        'iam:UpdateAssumeRolePolicy',
        'iam:PutRolePolicy',
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
      Action: [
        'ec2:RunInstances',
        'ec2:CreateVolume',
        'ec2:CreateVpc',
        'ec2:CreateSubnet',
        'ec2:CreateSecurityGroup',
        'ec2:CreateRouteTable',
        'ec2:CreateInternetGateway',
        'ec2:CreateVpcEndpoint',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:CreateTags',
      ],
      Resource: '*',
      Condition: becomesOwn,
    },
    {
      Sid: 'LaunchFromImages',
      Effect: 'Allow',
      Action: 'ec2:RunInstances',
      Resource: [`arn:aws:ec2:${scope.region}::image/*`, of.ec2('network-interface'), of.ec2('volume')],
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
    { Sid: 'NotItself', Effect: 'Deny', Action: 'iam:*', Resource: of.deliveryRoles },
  ];
}
