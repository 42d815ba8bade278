import { type DeliveryScope, personsStacks, resourceArns } from './delivery-scope';
import type { PolicyStatement } from './policy-document';

/** What planning needs: to read every resource but no content, the states but those of {@link personsStacks}, and to keep plans. */
export function planStatements(scope: DeliveryScope): PolicyStatement[] {
  const of = resourceArns(scope);
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
        'budgets:ViewBudget',
        'budgets:ListTagsForResource',
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
      Resource: [
        of.functions,
        ...of.roles,
        ...of.logGroups,
        of.alarms,
        of.topics,
        of.budgets,
        ...of.schedules,
        of.buckets,
      ],
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
