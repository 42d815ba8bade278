import { GetDomainNameCommand } from '@aws-sdk/client-api-gateway';
import { DescribeBudgetCommand } from '@aws-sdk/client-budgets';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetInstanceProfileCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { ListResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import { HeadBucketCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Arguments } from '../local/terraform/configuration';
import type { AwsAccount } from './aws-account';
import { type Check, ok, problem, type Surroundings, unsure } from './check';
import { findZone, plainName } from './domain-checks';

/** What a bucket's name stands for, to these credentials. */
type BucketPresence = 'free' | 'ours' | 'others' | 'elsewhere';

const stateBucket: Check = {
  name: 'state bucket',
  needsAccount: true,
  async run({ aws, settings }) {
    const { bucket, region, existing } = settings.state;
    switch (await presence(aws.stateS3, bucket)) {
      case 'ours':
        return ok(`${bucket} is there`);
      case 'free':
        return existing
          ? problem(
              `${bucket} is not there, and the settings say that it is`,
              'make it, or set state.existing to false',
            )
          : unsure(`${bucket} is not there yet`, 'npm run bootstrap makes it');
      case 'others':
        return problem(
          `${bucket} belongs to another account, or refuses these credentials`,
          'bucket names are shared by all of AWS: choose another in state.bucket',
        );
      case 'elsewhere':
        return problem(`${bucket} is not in ${region}`, 'name its region in state.region');
    }
  },
};

const names: Check = {
  name: 'names',
  needsAccount: true,
  async run(surroundings) {
    const { Account = '' } = await surroundings.aws.sts.send(new GetCallerIdentityCommand({}));
    const wanted = wantedNames(surroundings, Account);
    const unseen: string[] = [];
    const looks = wanted.map((each) =>
      takenByOthers(surroundings, each).catch((error: Error) => {
        unseen.push(`${each.what} (${error.message})`);
        return [];
      }),
    );
    const taken = (await Promise.all(looks)).flat();
    if (taken.length > 0)
      return problem(
        `taken already: ${taken.join(', ')}`,
        'delete what is left of an earlier try, or choose another name in the setting name (for a host name: services[].subdomain)',
      );
    const free = `none of ${wanted.length - unseen.length} is taken by others`;
    return unseen.length === 0 ? ok(free) : unsure(`${free}; not looked at: ${unseen.join(', ')}`);
  },
};

export const nameChecks: readonly Check[] = [stateBucket, names];

/** Something that a stack makes under a fixed name, which AWS lets exist once. */
interface WantedName {
  readonly stack: string;
  readonly what: string;
  exists(): Promise<boolean>;
}

/** A kind of resource whose name AWS lets exist once. */
interface Named {
  /** The argument that holds the name. */
  readonly argument: string;
  /** What to call it. */
  readonly what: string;
  exists(name: string, aws: AwsAccount, wanted: Wanted): Promise<boolean>;
}

/** What a stack's resource is to be, and where. */
interface Wanted {
  readonly given: Arguments;
  readonly account: string;
  /** The zone that the settings mean, looked for once. */
  findZone(): ReturnType<typeof findZone>;
}

const named: Readonly<Record<string, Named>> = {
  aws_api_gateway_domain_name: {
    argument: 'domain_name',
    what: 'API Gateway domain name',
    exists: (domainName, { apiGateway }) => found(apiGateway.send(new GetDomainNameCommand({ domainName }))),
  },
  aws_budgets_budget: {
    argument: 'name',
    what: 'budget',
    exists: (BudgetName, { budgets }, { account: AccountId }) =>
      found(budgets.send(new DescribeBudgetCommand({ AccountId, BudgetName }))),
  },
  aws_cloudwatch_log_group: {
    argument: 'name',
    what: 'log group',
    async exists(group, { logs }) {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));
      return logGroups.some(({ logGroupName }) => logGroupName === group);
    },
  },
  aws_iam_instance_profile: {
    argument: 'name',
    what: 'instance profile',
    exists: (InstanceProfileName, { iam }) => found(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))),
  },
  aws_iam_role: {
    argument: 'name',
    what: 'role',
    exists: (RoleName, { iam }) => found(iam.send(new GetRoleCommand({ RoleName }))),
  },
  aws_lambda_function: {
    argument: 'function_name',
    what: 'function',
    exists: (FunctionName, { lambda }) => found(lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))),
  },
  aws_route53_record: {
    argument: 'name',
    what: 'record',
    async exists(name, aws, { given: { type }, findZone }) {
      const zone = await findZone();
      if ('status' in zone) return false;
      const { ResourceRecordSets = [] } = await aws.route53.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: zone.id, StartRecordName: name, MaxItems: 100 }),
      );
      // beside a CNAME nothing else may stand
      return ResourceRecordSets.some(
        ({ Name = '', Type = '' }) => plainName(Name) === name && [type, 'CNAME'].includes(Type),
      );
    },
  },
  aws_s3_bucket: {
    argument: 'bucket',
    what: 'bucket',
    exists: async (bucket, { s3 }) => (await presence(s3, bucket)) !== 'free',
  },
  aws_scheduler_schedule: {
    argument: 'name',
    what: 'schedule',
    exists: (Name, { scheduler }) => found(scheduler.send(new GetScheduleCommand({ Name }))),
  },
  aws_ssm_parameter: {
    argument: 'name',
    what: 'parameter',
    exists: (Name, { ssm }) => found(ssm.send(new GetParameterCommand({ Name }))),
  },
};

/** Every such name in the stacks. What only Terraform knows is left out, but for the account's id. */
function wantedNames({ stacks, aws, settings }: Surroundings, account: string): WantedName[] {
  let zone: ReturnType<typeof findZone> | undefined;
  const zoneOnce = () => {
    zone ??= findZone(aws, settings.domain);
    return zone;
  };
  return [...stacks()].flatMap(([stack, { resource = {} }]) =>
    Object.entries(named).flatMap(([type, { argument, what, exists }]) =>
      Object.values(resource[type] ?? {}).flatMap((given) => {
        const name = String(given[argument]).replaceAll(/\$\{data\.aws_caller_identity\.\w+\.account_id\}/g, account);
        const wanted = { given, account, findZone: zoneOnce };
        return name.includes('${') ? [] : [{ stack, what: `${what} ${name}`, exists: () => exists(name, aws, wanted) }];
      }),
    ),
  );
}

/** A name is no clash when the stack that wants it has a state: then it is its own. */
async function takenByOthers(surroundings: Surroundings, { stack, what, exists }: WantedName): Promise<string[]> {
  return (await exists()) && !(await isDeployed(surroundings, stack)) ? [what] : [];
}

/** Whether a stack has a state already, so that what is there is its own. */
export function isDeployed({ aws, settings }: Surroundings, stack: string): Promise<boolean> {
  const state = { Bucket: settings.state.bucket, Key: `searchgate/${settings.name}/${stack}.tfstate` };
  return found(aws.stateS3.send(new HeadObjectCommand(state)));
}

async function presence(s3: S3Client, bucket: string): Promise<BucketPresence> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    return 'ours';
  } catch (error) {
    switch (statusOf(error)) {
      case 404:
        return 'free';
      case 403:
        return 'others';
      case 301:
      case 400:
        return 'elsewhere';
      default:
        throw error;
    }
  }
}

/** Whether AWS has what it was asked for. @throws every failure but an absence */
export async function found(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    const absent = error instanceof Error && /NotFound|NoSuch/.test(error.name);
    if (absent || statusOf(error) === 404) return false;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
