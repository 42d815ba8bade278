import { readFileSync } from 'node:fs';
import type { EmulatedCall } from '../../local/emulator/emulator';
import type { Request } from './policy-evaluation';

/** The calls that an emulator wrote down. */
export function callsIn(file: string): EmulatedCall[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as EmulatedCall);
}

/** Where the calls were made. */
export interface CalledPlace {
  readonly region: string;
  readonly account: string;
}

/** Calls of S3 whose right has another name. */
const storageRights: Record<string, string> = {
  GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
};

/** What an id of EC2 begins with, and the kind of resource in its ARN. What is not here is no resource of a policy. */
const kinds: Record<string, string> = {
  i: 'instance',
  vol: 'volume',
  vpc: 'vpc',
  vpce: 'vpc-endpoint',
  subnet: 'subnet',
  sg: 'security-group',
  sgr: 'security-group-rule',
  rtb: 'route-table',
  igw: 'internet-gateway',
  eni: 'network-interface',
};

/**
 * What a call needs the right for: the action as IAM knows it, on the resource's ARN, with the condition keys that policies of this
 * project ask for. One call may need several.
 *
 * @param boundaries the permissions boundaries of the roles that earlier calls made, by name
 * @throws Error for a call whose resource is not known here, so that none passes unseen
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export function requestsOf(call: EmulatedCall, place: CalledPlace, boundaries: Map<string, string>): Request[] {
  const { service, action, method, path, given } = call;
  const body = call.body.startsWith('{') ? (JSON.parse(call.body) as Record<string, unknown>) : {};
  const text = (...names: string[]) =>
    names.map((name) => given[name] ?? body[name]).find((value): value is string => typeof value === 'string');
  const arn = (owner: string, resource: string) => `arn:aws:${owner}:${place.region}:${place.account}:${resource}`;
  const global = (owner: string, resource: string) => `arn:aws:${owner}::${place.account}:${resource}`;
  const unknown = (): never => {
    throw new Error(`what ${service}:${action} ${method} ${path} is about is not known here: ${JSON.stringify(given)}`);
  };
  const tagged = /\/tags\/(.+)$/.exec(path)?.[1];
  switch (service) {
    case 'sts':
      return action === 'GetCallerIdentity' ? [] : unknown();
    case 's3': {
      const [, bucket = unknown(), ...key] = path.split('/');
      const resource = `arn:aws:s3:::${[bucket, ...key].filter((part) => part !== '').join('/')}`;
      return [{ action: `s3:${storageRights[action] ?? action}`, resource }];
    }
    case 'apigateway':
      return [{ action: `apigateway:${method}`, resource: `arn:aws:apigateway:${place.region}::${path}` }];
    case 'awslambda': {
      const name = /\/functions\/([^/]+)/.exec(path)?.[1] ?? text('FunctionName');
      const resource = tagged ? decodeURIComponent(tagged) : arn('lambda', `function:${name ?? unknown()}`);
      const requests: Request[] = [{ action: `lambda:${action}`, resource }];
      return action === 'CreateFunction' ? [...requests, passed(text('Role'), 'lambda')] : requests;
    }
    case 'scheduler': {
      const name = /\/schedules\/([^/]+)/.exec(path)?.[1];
      const group = text('groupName', 'GroupName') ?? 'default';
      const resource = tagged ? decodeURIComponent(tagged) : arn('scheduler', `schedule/${group}/${name ?? unknown()}`);
      const { RoleArn } = (body.Target ?? {}) as { RoleArn?: string };
      return [{ action: `scheduler:${action}`, resource }, ...(RoleArn ? [passed(RoleArn, 'scheduler')] : [])];
    }
    case 'logs': {
      if (action === 'DescribeLogGroups') return [{ action: 'logs:DescribeLogGroups' }];
      const name = text('logGroupName');
      // For all but tags a policy names a log group with everything in it.
      const resource = name === undefined ? text('resourceArn') : arn('logs', `log-group:${name}:*`);
      return [{ action: `logs:${action}`, resource: resource ?? unknown() }];
    }
    case 'ssm': {
      if (action === 'DescribeParameters') return [{ action: 'ssm:DescribeParameters' }];
      const names = Array.isArray(body.Names) ? body.Names.map(String) : [text('Name', 'ResourceId') ?? unknown()];
      return names.map((given) => {
        const name = given.replace(/^\//, '');
        // Amazon's own parameters belong to no account.
        const owner = name.startsWith('aws/service/') ? '' : place.account;
        return { action: `ssm:${action}`, resource: `arn:aws:ssm:${place.region}:${owner}:parameter/${name}` };
      });
    }
    case 'iam': {
      const [role, profile] = [text('RoleName'), text('InstanceProfileName')];
      const policy = text('PolicyArn');
      if (role === undefined && profile === undefined)
        return [{ action: `iam:${action}`, resource: policy ?? unknown() }];
      const bound = text('PermissionsBoundary') ?? boundaries.get(role ?? '');
      if (role !== undefined && bound !== undefined) boundaries.set(role, bound);
      const profiled = action === 'AddRoleToInstanceProfile' ? [passed(global('iam', `role/${role}`), 'ec2')] : [];
      return [
        ...profiled,
        {
          action: `iam:${action}`,
          resource:
            profile === undefined ? global('iam', `role/${role}`) : global('iam', `instance-profile/${profile}`),
          ...(bound !== undefined && { context: { 'iam:PermissionsBoundary': bound } }),
        },
      ];
    }
    case 'sns': {
      const name = text('Name');
      const resource = text('TopicArn', 'ResourceArn', 'SubscriptionArn') ?? (name && arn('sns', name)) ?? unknown();
      return [{ action: `sns:${action}`, resource }];
    }
    case 'cloudwatch': {
      const name = text('AlarmName', 'AlarmNames.member.1');
      const resource = text('ResourceARN') ?? (name && arn('cloudwatch', `alarm:${name}`)) ?? unknown();
      return [{ action: `cloudwatch:${action}`, resource }];
    }
    case 'budgets': {
      const { BudgetName = text('BudgetName') } = (body.Budget ?? {}) as { BudgetName?: string };
      const resource = text('ResourceARN') ?? (BudgetName && global('budgets', `budget/${BudgetName}`)) ?? unknown();
      const right = /Tag/.test(action) ? action : /^Describe/.test(action) ? 'ViewBudget' : 'ModifyBudget';
      return [{ action: `budgets:${right}`, resource }];
    }
    case 'route53': {
      const id = /\/(hostedzone|change)\/([^/]+)/.exec(path) ?? /\/tags\/(hostedzone)\/([^/]+)/.exec(path);
      return [{ action: `route53:${action}`, ...(id && { resource: `arn:aws:route53:::${id[1]}/${id[2]}` }) }];
    }
    case 'acm': {
      const resource = text('CertificateArn');
      const tags = (body.Tags ?? []) as { Key: string; Value: string }[];
      const context = Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value]));
      return [{ action: `acm:${action}`, ...(resource !== undefined && { resource }), context }];
    }
    case 'ec2':
      return computeRequests(call, place);
    default:
      return unknown();
  }
}

/** To give a role to a service is a right of its own. */
function passed(role: string | undefined, service: string): Request {
  if (role === undefined) throw new Error(`no role is passed to ${service}`);
  return {
    action: 'iam:PassRole',
    resource: role,
    context: { 'iam:PassedToService': `${service}.amazonaws.com` },
  };
}

/** What EC2 is asked for: everything that the call names, by its tags, and what it makes, by the tags that it is to have. */
function computeRequests({ action, given, tags }: EmulatedCall, { region, account }: CalledPlace): Request[] {
  const name = `ec2:${action}`;
  if (/^(?:Describe|Get)/.test(action)) return [{ action: name }];
  const arn = (kind: string, id: string) => `arn:aws:ec2:${region}:${account}:${kind}/${id}`;
  const context = (source: 'Resource' | 'Request', found: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(found).map(([key, value]) => [`aws:${source}Tag/${key}`, value]));
  const existing = Object.entries(tags).flatMap(([id, found]): Request[] => {
    const kind = kinds[id.split('-')[0] ?? ''];
    return kind === undefined ? [] : [{ action: name, resource: arn(kind, id), context: context('Resource', found) }];
  });
  const made = Object.entries(given).flatMap(([key, kind]): Request[] => {
    const number = /^TagSpecification\.(\d+)\.ResourceType$/.exec(key)?.[1];
    if (number === undefined) return [];
    const wanted = context('Request', tagsAt(given, `TagSpecification.${number}.Tag`));
    // Making and tagging at once needs the right to tag, too.
    return [
      { action: name, resource: arn(kind, '*'), context: wanted },
      { action: 'ec2:CreateTags', resource: arn(kind, '*'), context: { ...wanted, 'ec2:CreateAction': action } },
    ];
  });
  const launched: Request[] =
    action !== 'RunInstances'
      ? []
      : [
          { action: name, resource: `arn:aws:ec2:${region}::image/${given.ImageId}` },
          { action: name, resource: arn('network-interface', '*') },
        ];
  if (existing.length + made.length === 0) throw new Error(`what ${name} is about is not known here`);
  return [...existing, ...made, ...launched];
}

function tagsAt(given: Readonly<Record<string, string>>, prefix: string): Record<string, string> {
  const keys = Object.entries(given).filter(([name]) => name.startsWith(`${prefix}.`) && name.endsWith('.Key'));
  return Object.fromEntries(keys.map(([name, key]) => [key, given[name.replace(/Key$/, 'Value')] ?? '']));
}
