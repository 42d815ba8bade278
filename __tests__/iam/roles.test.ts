import { openPolicies } from '../../plan-review/open-policies';
import { synthesized } from '../synthesized';
import { ofAnother } from './another-deployment';
import { isAllowed, type Request, type Statement, statementsOf } from './policy-evaluation';
import { account, delivered, roleOf, type SynthesizedRole } from './synthesized-roles';

const region = 'us-east-1';
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
const parameter = (name: string) => arn('ssm', `parameter/${name}`);
const tagged = (name: string) => ({
  'aws:ResourceTag/searchgate:name': name,
  'aws:ResourceTag/searchgate:node': 'node-0',
});
const state = (stack: string) => `arn:aws:s3:::searchgate-state-example-com/searchgate/searchgate/${stack}.tfstate`;
const snapshots = `arn:aws:s3:::searchgate-snapshots-${account}-${region}`;

const { stacks } = synthesized(delivered);

/** What no role of a deployment may ever do. */
const never: Request[] = [
  { action: 'iam:CreateUser', resource: `arn:aws:iam::${account}:user/mallory` },
  { action: 'iam:CreateAccessKey', resource: `arn:aws:iam::${account}:user/mallory` },
  { action: 'iam:AttachRolePolicy', resource: `arn:aws:iam::${account}:role/searchgate-search` },
  { action: 'iam:PutRolePolicy', resource: `arn:aws:iam::${account}:role/searchgate-delivery-deploy` },
  { action: 'iam:UpdateAssumeRolePolicy', resource: `arn:aws:iam::${account}:role/searchgate-delivery-plan` },
  // Another deployment, whose name begins like this one's.
  { action: 'iam:UpdateAssumeRolePolicy', resource: `arn:aws:iam::${account}:role/searchgate-prod-delivery-deploy` },
  { action: 'iam:PutRolePolicy', resource: `arn:aws:iam::${account}:role/others` },
  {
    action: 'iam:PassRole',
    resource: `arn:aws:iam::${account}:role/others`,
    context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
  },
  { action: 'sts:AssumeRole', resource: `arn:aws:iam::${account}:role/others` },
  { action: 'ec2:DeleteVolume', resource: arn('ec2', 'volume/vol-1'), context: tagged('searchgate') },
  { action: 'ec2:TerminateInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('others') },
  { action: 'ec2:StopInstances', resource: arn('ec2', 'instance/i-1') },
  { action: 's3:DeleteBucket', resource: snapshots },
  { action: 's3:GetObject', resource: 'arn:aws:s3:::others/file' },
  { action: 's3:GetObject', resource: state('certificates') },
  { action: 's3:DeleteObject', resource: state('storage') },
  { action: 'ssm:GetParameter', resource: parameter('others/secrets/password') },
  { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:others') },
  { action: 'lambda:InvokeFunction', resource: arn('lambda', 'function:others') },
  { action: 'route53:DeleteHostedZone', resource: 'arn:aws:route53:::hostedzone/Z1' },
  { action: 'route53:ChangeResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/ZOTHERS' },
  { action: 'iam:CreatePolicyVersion', resource: `arn:aws:iam::${account}:policy/searchgate-delivery-boundary` },
  { action: 'iam:DeleteRolePermissionsBoundary', resource: `arn:aws:iam::${account}:role/searchgate-search` },
  { action: 's3:PutBucketPolicy', resource: 'arn:aws:s3:::searchgate-state-example-com' },
  {
    action: 'ec2:CreateTags',
    resource: arn('ec2', 'instance/i-1'),
    context: { 'aws:RequestTag/searchgate:name': 'searchgate', 'aws:ResourceTag/searchgate:name': 'others' },
  },
  { action: 'kms:ScheduleKeyDeletion', resource: arn('kms', 'key/1') },
  { action: 'organizations:LeaveOrganization' },
];

interface Expectation {
  stack: string;
  role: string;
  service: string;
  must: Request[];
  mustNot: Request[];
}

const roleChange = (action: string) => ({ action, resource: `arn:aws:iam::${account}:role/searchgate-search` });
const bounded = { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/searchgate-delivery-boundary` };
const log = (name: string) => arn('logs', `log-group:/aws/lambda/${name}:log-stream:x`);

const expectations: Expectation[] = [
  ...[
    ['search', 'kibana'],
    ['kibana', 'search'],
  ].map(
    ([own = '', other]): Expectation => ({
      stack: own,
      role: 'forwarder_role',
      service: 'lambda.amazonaws.com',
      must: [
        { action: 'logs:PutLogEvents', resource: log(`searchgate-${own}`) },
        { action: 'logs:CreateLogStream', resource: log(`searchgate-${own}`) },
        { action: 'xray:PutTraceSegments' },
        { action: 'ec2:CreateNetworkInterface' },
      ],
      mustNot: [
        { action: 'logs:PutLogEvents', resource: log(`searchgate-${other}`) },
        { action: 'ssm:GetParameter', resource: parameter('searchgate/secrets/elastic-password') },
        { action: 'ec2:StartInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('searchgate') },
        { action: 's3:GetObject', resource: `${snapshots}/x` },
      ],
    }),
  ),
  {
    stack: 'host',
    role: 'node_0_identity_role',
    service: 'ec2.amazonaws.com',
    must: [
      { action: 'ssm:UpdateInstanceInformation' },
      { action: 'ssmmessages:OpenDataChannel' },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/certificates/node-0/key') },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/secrets/elastic-password') },
      { action: 'ssm:PutParameter', resource: parameter('searchgate/secrets/elastic-password') },
      { action: 'ssm:PutParameter', resource: parameter('searchgate/hosts/node-0/status') },
      { action: 's3:PutObject', resource: `${snapshots}/indices/x` },
      { action: 's3:ListBucket', resource: snapshots },
      { action: 'cloudwatch:PutMetricData', context: { 'cloudwatch:namespace': 'Searchgate/searchgate' } },
    ],
    mustNot: [
      { action: 'cloudwatch:PutMetricData', context: { 'cloudwatch:namespace': 'Searchgate/others' } },
      { action: 'cloudwatch:PutMetricData', context: { 'cloudwatch:namespace': 'AWS/EC2' } },
      { action: 'ssm:GetParameter', resource: parameter('another/secrets/elastic-password') },
      { action: 'ssm:PutParameter', resource: parameter('searchgate/certificates/ca') },
      { action: 'ssm:PutParameter', resource: parameter('searchgate/hosts/node-1/status') },
      { action: 'ssm:SendCommand', resource: arn('ec2', 'instance/i-1') },
      { action: 's3:PutBucketPolicy', resource: snapshots },
      { action: 's3:GetObject', resource: state('network') },
    ],
  },
  {
    stack: 'power',
    role: 'function_role',
    service: 'lambda.amazonaws.com',
    must: [
      { action: 'ec2:DescribeInstances' },
      { action: 'ec2:StartInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('searchgate') },
      { action: 'ec2:StopInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('searchgate') },
      { action: 'logs:PutLogEvents', resource: log('searchgate-power') },
    ],
    mustNot: [
      { action: 'ec2:StopInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('others') },
      {
        action: 'ec2:StopInstances',
        resource: arn('ec2', 'instance/i-1'),
        context: { 'aws:ResourceTag/searchgate:name': 'searchgate' },
      },
      { action: 'ec2:TerminateInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('searchgate') },
      { action: 'ssm:GetParameters', resource: parameter('searchgate/secrets/elastic-password') },
    ],
  },
  {
    stack: 'power',
    role: 'schedules_role',
    service: 'scheduler.amazonaws.com',
    must: ['power', 'search', 'kibana'].map((name) => ({
      action: 'lambda:InvokeFunction',
      resource: arn('lambda', `function:searchgate-${name}`),
    })),
    mustNot: [
      { action: 'lambda:InvokeFunction', resource: arn('lambda', 'function:searchgate-restore') },
      { action: 'lambda:UpdateFunctionCode', resource: arn('lambda', 'function:searchgate-power') },
    ],
  },
  {
    stack: 'delivery',
    role: 'roles_plan_role',
    service: '',
    must: [
      { action: 's3:GetObject', resource: state('network') },
      {
        action: 's3:PutObject',
        resource: 'arn:aws:s3:::searchgate-state-example-com/searchgate/searchgate/plans/1/network.tfplan',
      },
      { action: 'ec2:DescribeInstances' },
      { action: 'lambda:GetFunction', resource: arn('lambda', 'function:searchgate-search') },
      { action: 'iam:GetRolePolicy', resource: `arn:aws:iam::${account}:role/searchgate-search` },
      { action: 'apigateway:GET', resource: `arn:aws:apigateway:${region}::/restapis/abc/stages/live` },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/certificates/ca') },
      { action: 'route53:ListResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/Z1' },
    ],
    mustNot: [
      { action: 's3:PutObject', resource: state('network') },
      { action: 's3:GetObject', resource: `${snapshots}/indices/x` },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/secrets/elastic-password') },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/certificates/node-0/key') },
      { action: 'lambda:UpdateFunctionCode', resource: arn('lambda', 'function:searchgate-search') },
      // a service's own role, whatever the service is called
      { action: 'iam:UpdateRole', resource: `arn:aws:iam::${account}:role/searchgate-order-delivery-api` },
      { action: 'lambda:InvokeFunction', resource: arn('lambda', 'function:searchgate-search') },
      {
        action: 'ec2:RunInstances',
        resource: arn('ec2', 'instance/*'),
        context: { 'aws:RequestTag/searchgate:name': 'searchgate' },
      },
      { action: 'apigateway:PATCH', resource: `arn:aws:apigateway:${region}::/restapis/abc` },
      { action: 'route53:ChangeResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/Z1' },
    ],
  },
  {
    stack: 'delivery',
    role: 'roles_deploy_role',
    service: '',
    must: [
      { action: 's3:PutObject', resource: state('network') },
      { action: 's3:DeleteObject', resource: `${state('network').replace('.tfstate', '')}.tfstate.tflock` },
      { action: 'lambda:UpdateFunctionCode', resource: arn('lambda', 'function:searchgate-search') },
      ...['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary'].map((action) => ({
        ...roleChange(action),
        context: bounded,
      })),
      {
        action: 'iam:PassRole',
        resource: `arn:aws:iam::${account}:role/searchgate-search`,
        context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
      },
      { action: 'apigateway:PATCH', resource: `arn:aws:apigateway:${region}::/restapis/abc` },
      { action: 'route53:ChangeResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/Z1' },
      {
        action: 'ec2:RunInstances',
        resource: arn('ec2', 'instance/*'),
        context: { 'aws:RequestTag/searchgate:name': 'searchgate' },
      },
      {
        action: 'ec2:CreateTags',
        resource: arn('ec2', 'instance/*'),
        context: { 'aws:RequestTag/searchgate:name': 'searchgate', 'ec2:CreateAction': 'RunInstances' },
      },
      { action: 'ec2:TerminateInstances', resource: arn('ec2', 'instance/i-1'), context: tagged('searchgate') },
      { action: 's3:PutBucketVersioning', resource: snapshots },
    ],
    mustNot: [
      ...['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary'].flatMap((action) => [
        roleChange(action),
        {
          ...roleChange(action),
          context: { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/AdministratorAccess' },
        },
      ]),
      { action: 's3:PutObject', resource: state('certificates') },
      { action: 's3:PutObject', resource: state('delivery') },
      { action: 's3:DeleteObject', resource: `${snapshots}/indices/x` },
      {
        action: 'iam:PassRole',
        resource: `arn:aws:iam::${account}:role/searchgate-search`,
        context: { 'iam:PassedToService': 'ecs.amazonaws.com' },
      },
      { action: 'ec2:ModifyVolume', resource: arn('ec2', 'volume/vol-1'), context: tagged('others') },
      { action: 'lambda:UpdateFunctionCode', resource: arn('lambda', 'function:others') },
      { action: 'ssm:GetParameter', resource: parameter('searchgate/secrets/elastic-password') },
    ],
  },
];

describe.each(expectations)('The role $role of $stack', ({ stack, role, service, must, mustNot }) => {
  const { policies, trust, boundary } = roleOf(stacks, stack, role);

  test.each(must)('can do what it must: $action', (request) => {
    expect(isAllowed(policies, request, boundary)).toBe(true);
  });

  test.each(mustNot)('can’t do what it must not: $action on $resource', (request) => {
    expect(isAllowed(policies, request, boundary)).toBe(false);
  });

  test('can do it on no other deployment’s resources', () => {
    const elsewhere = must.flatMap((request) => ofAnother(request, 'searchgate'));
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(elsewhere.filter((request) => isAllowed(policies, request, boundary))).toEqual([]);
  });

  test('can do nothing of what no role may do', () => {
    expect(never.filter((request) => isAllowed(policies, request, boundary))).toEqual([]);
  });

  test('is taken by its service, or one repository’s workflows, and nobody else', () => {
    expect(openPolicies({ trust })).toEqual([]);
    const [statement] = (JSON.parse(trust) as { Statement: { Principal: unknown; Condition: unknown }[] }).Statement;
    if (service === '')
      expect(JSON.stringify(statement?.Condition)).toMatch(
        /:sub":\["repo:acme\/search:(?:ref:refs\/heads\/main|environment:production)"\]/,
      );
    else expect(statement?.Principal).toEqual({ Service: service });
  });
});

describe('The boundary of the roles that a pipeline makes', () => {
  const roles = Object.entries(stacks).flatMap(([stack, synthesized]) =>
    Object.keys(synthesized.all('aws_iam_role')).map((role): [string, SynthesizedRole] => [
      `${stack}:${role}`,
      roleOf(stacks, stack, role),
    ]),
  );
  const boundedRoles = roles.filter(([, { boundary }]) => boundary !== undefined);

  test('is on all of them; the delivery’s own roles and the account’s are made by people', () => {
    const unbounded = roles.flatMap(([name, { boundary }]) => (boundary === undefined ? [name] : []));
    expect(unbounded.sort()).toEqual([
      'account:api_gateway_logging_role',
      'delivery:roles_deploy_role',
      'delivery:roles_plan_role',
    ]);
    expect(boundedRoles.length).toBeGreaterThan(4);
  });

  test('is on none where no pipeline makes them', () => {
    for (const stack of Object.values(synthesized().stacks)) {
      for (const role of Object.values(stack.all('aws_iam_role')))
        expect(role).not.toHaveProperty('permissions_boundary');
    }
  });

  test.each(boundedRoles)('takes nothing from %s of what its own policies give it', (_, { policies, boundary }) => {
    const requests = policies.flatMap(statementsOf).flatMap(requestsOf);
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((request) => !isAllowed(policies, request))).toEqual([]);
    expect(requests.filter((request) => !isAllowed(policies, request, boundary))).toEqual([]);
  });

  test('keeps even a role that is allowed everything from what no role may do', () => {
    const everything = [JSON.stringify({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } })];
    const boundary = boundedRoles[0]?.[1].boundary;
    expect(isAllowed(everything, roleChange('iam:PutRolePolicy'))).toBe(true);
    expect(never.filter((request) => isAllowed(everything, request, boundary))).toEqual([]);
    for (const request of [state('network'), state('certificates')].map((resource) => ({
      action: 's3:GetObject',
      resource,
    }))) {
      expect([request, isAllowed(everything, request, boundary)]).toEqual([request, false]);
    }
  });
});

/** Every action of a statement on every resource, under conditions that it asks for. */
function requestsOf({ Action, Resource, Condition = {} }: Statement): Request[] {
  const context = Object.fromEntries(
    Object.entries(Condition).flatMap(([operator, tests]) =>
      Object.entries(tests).map(([key, values]) => [key, operator === 'Null' ? 'any' : ([values].flat()[0] ?? '')]),
    ),
  );
  return [Action ?? []]
    .flat()
    .flatMap((action) =>
      [Resource ?? []].flat().map((resource) => ({ action, resource: resource.replaceAll('*', 'any'), context })),
    );
}

test('Every role of the example’s stacks is among those that are held to their task', () => {
  const held = expectations.map(({ stack, role }) => `${stack}:${role}`);
  // It has a managed policy only.
  const others = ['account:api_gateway_logging_role'];
  const all = Object.entries(stacks).flatMap(([stack, { all: allOf }]) =>
    Object.keys(allOf.call(stacks[stack as keyof typeof stacks], 'aws_iam_role')).map((role) => `${stack}:${role}`),
  );
  expect(all.filter((role) => !held.includes(role) && !others.includes(role))).toEqual([]);
});
