import { GetDomainNameCommand } from '@aws-sdk/client-api-gateway';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { ParameterNames } from '../constructs/parameter-names';
import { type Check, ok, problem, type Surroundings, unsure } from './check';

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
    const taken = (
      await Promise.all(wantedNames(surroundings).map((wanted) => takenByOthers(surroundings, wanted)))
    ).flat();
    return taken.length === 0
      ? ok('no name is taken by others')
      : problem(
          `taken already: ${taken.join(', ')}`,
          'delete what is left of an earlier try, or choose another name in the setting name (for a host name: services[].subdomain)',
        );
  },
};

export const nameChecks: readonly Check[] = [stateBucket, names];

/** Something that a stack makes under a fixed name, which AWS lets exist once. */
interface WantedName {
  readonly stack: string;
  readonly what: string;
  exists(): Promise<boolean>;
}

function wantedNames({ aws, settings }: Surroundings): WantedName[] {
  const { name, region, domain, services } = settings;
  const logGroup = (group: string) => async () => {
    const { logGroups = [] } = await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));
    return logGroups.some(({ logGroupName }) => logGroupName === group);
  };
  const authority = new ParameterNames(name).authority;
  return [
    {
      stack: 'certificates',
      what: `parameter ${authority}`,
      exists: () => found(aws.ssm.send(new GetParameterCommand({ Name: authority }))),
    },
    {
      stack: 'storage',
      what: `a bucket that begins with ${name}-snapshots`,
      exists: async () => {
        const { Account } = await aws.sts.send(new GetCallerIdentityCommand({}));
        return (await presence(aws.s3, `${name}-snapshots-${Account}-${region}`)) !== 'free';
      },
    },
    ...services.flatMap((service): WantedName[] => {
      const host = `${service.subdomain}.${domain.name}`;
      const functionName = `${name}-${service.name}`;
      const stack = service.name;
      return [
        {
          stack,
          what: `function ${functionName}`,
          exists: () => found(aws.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }))),
        },
        {
          stack,
          what: `API Gateway domain name ${host}`,
          exists: () => found(aws.apiGateway.send(new GetDomainNameCommand({ domainName: host }))),
        },
        { stack, what: `log group /aws/lambda/${functionName}`, exists: logGroup(`/aws/lambda/${functionName}`) },
        {
          stack,
          what: `log group /aws/apigateway/${functionName}`,
          exists: logGroup(`/aws/apigateway/${functionName}`),
        },
      ];
    }),
  ];
}

/** A name is no clash when the stack that wants it has a state: then it is its own. */
async function takenByOthers({ aws, settings }: Surroundings, { stack, what, exists }: WantedName): Promise<string[]> {
  if (!(await exists())) return [];
  const state = new HeadObjectCommand({
    Bucket: settings.state.bucket,
    Key: `searchgate/${settings.name}/${stack}.tfstate`,
  });
  return (await found(aws.stateS3.send(state))) ? [] : [what];
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

/** @throws every failure but an absence */
async function found(answer: Promise<unknown>): Promise<boolean> {
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
