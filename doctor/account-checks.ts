import { GetAccountCommand } from '@aws-sdk/client-api-gateway';
import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeRegionsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { GetPolicyCommand } from '@aws-sdk/client-iam';
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { roleBoundaryArn } from '../constructs/delivery-scope';
import type { Settings } from '../settings';
import type { AwsAccount } from './aws-account';
import { type Check, ok, problem } from './check';
import { found, isDeployed } from './name-checks';

/** Whether anybody answers for these credentials; everything else that asks AWS depends on it. */
export const credentials: Check = {
  name: 'credentials',
  needsAccount: false,
  async run({ aws }) {
    try {
      const { Account, Arn } = await aws.sts.send(new GetCallerIdentityCommand({}));
      return ok(`account ${Account}, as ${Arn}`);
    } catch (error) {
      return problem(
        error instanceof Error ? error.message : String(error),
        'name a profile in AWS_PROFILE (aws configure sso makes one) or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; expired sessions need aws sso login',
      );
    }
  },
};

const region: Check = {
  name: 'region and zones',
  needsAccount: true,
  async run({ aws, settings }) {
    const { Regions = [] } = await aws.home.send(new DescribeRegionsCommand({ AllRegions: true }));
    const found = Regions.find(({ RegionName }) => RegionName === settings.region);
    if (found === undefined) {
      return problem(`AWS knows no region ${settings.region}`, 'choose another in the setting region');
    }
    if (found.OptInStatus === 'not-opted-in') {
      return problem(
        `this account has not enabled ${settings.region}`,
        `aws account enable-region --region-name ${settings.region}, which takes minutes to hours`,
      );
    }
    const { AvailabilityZones = [] } = await aws.ec2.send(new DescribeAvailabilityZonesCommand({}));
    const available = AvailabilityZones.filter(({ State }) => State === 'available').map(
      ({ ZoneName }) => ZoneName ?? '',
    );
    const missing = settings.network.zones.filter((zone) => !available.includes(zone));
    return missing.length === 0
      ? ok(`${settings.region} with ${settings.network.zones.join(', ')}`)
      : problem(
          `this account has no ${missing.join(', ')}`,
          `choose among ${available.join(', ')} in the setting network.zones`,
        );
  },
};

const instanceType: Check = {
  name: 'instance type',
  needsAccount: true,
  async run({ aws, settings }) {
    const { instanceType: type, nodes } = settings.host;
    const zones = settings.network.zones.slice(0, nodes);
    const { InstanceTypeOfferings = [] } = await aws.ec2.send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: [type] }],
      }),
    );
    const offered = InstanceTypeOfferings.map(({ Location }) => Location ?? '').sort();
    const missing = zones.filter((zone) => !offered.includes(zone));
    return missing.length === 0
      ? ok(`${type} is offered in ${zones.join(', ')}`)
      : problem(
          `${missing.join(', ')} does not offer ${type}`,
          offered.length === 0
            ? `${settings.region} has none: choose another in the setting host.instanceType`
            : `put one of ${offered.join(', ')} first in network.zones, or choose another host.instanceType`,
        );
  },
};

/** Lambda keeps this many for functions without a reservation, and refuses reservations that would leave fewer. */
const leastUnreserved = 100;
/** A page of Kibana asks for dozens of files at once; new accounts start with 10. */
const leastConcurrency = 100;

const concurrency: Check = {
  name: 'Lambda concurrency',
  needsAccount: true,
  async run({ aws, settings }) {
    const { AccountLimit } = await aws.lambda.send(new GetAccountSettingsCommand({}));
    const { ConcurrentExecutions: limit = 0, UnreservedConcurrentExecutions: unreserved = limit } = AccountLimit ?? {};
    const increase = `aws service-quotas request-service-quota-increase --region ${settings.region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000 (free; takes hours to days)`;
    const wanted = settings.services.reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);
    // what functions of our own reserve already has left `unreserved` before
    const available = wanted === 0 ? unreserved : unreserved + (await reservedByOwn(aws, settings));
    if (wanted > 0 && available - wanted < leastUnreserved) {
      return problem(
        `${limit} at once, of which others reserve ${limit - available} and the settings ${wanted}: Lambda refuses to leave fewer than ${leastUnreserved}`,
        `take services[].reservedConcurrency out, or ask for more: ${increase}`,
      );
    }
    return limit < leastConcurrency
      ? problem(`${limit} at once: one page of Kibana asks for more, and what is above is answered with 500`, increase)
      : ok(`${limit} at once${wanted > 0 ? `, ${wanted} reserved by the settings` : ''}`);
  },
};

/** What the functions of these services reserve that are deployed already. */
async function reservedByOwn({ lambda }: AwsAccount, { name, services }: Settings): Promise<number> {
  const reserved = services.map(async ({ name: service }) => {
    const answer = lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: `${name}-${service}` }));
    return (await found(answer)) ? ((await answer).ReservedConcurrentExecutions ?? 0) : 0;
  });
  return (await Promise.all(reserved)).reduce((sum, each) => sum + each, 0);
}

const loggingRole: Check = {
  name: 'API Gateway’s logging role',
  needsAccount: true,
  async run({ aws, settings }) {
    const { cloudwatchRoleArn } = await aws.apiGateway.send(new GetAccountCommand({}));
    const there = cloudwatchRoleArn !== undefined && cloudwatchRoleArn !== '';
    const own = cloudwatchRoleArn?.endsWith(`:role/${settings.name}-api-gateway-logging-${settings.region}`) === true;
    if (!settings.account.apiGatewayLoggingRole) {
      return there
        ? ok(`${cloudwatchRoleArn}, which is left alone`)
        : problem(
            'none, and the settings say that there is one: the stages’ access logs would be refused',
            'set account.apiGatewayLoggingRole to true, or have the owner of the account set one',
          );
    }
    return there && !own
      ? problem(
          `${cloudwatchRoleArn} is set already, by others: deploying would replace it for every API of this region`,
          'set account.apiGatewayLoggingRole to false',
        )
      : ok(own ? 'ours' : 'none yet; the account stack makes one');
  },
};

const vpcs: Check = {
  name: 'VPCs',
  needsAccount: true,
  async run(surroundings) {
    const { aws, settings } = surroundings;
    if (await isDeployed(surroundings, 'network')) return ok('the network is deployed already');
    const quota = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' };
    const [{ Vpcs = [] }, { Quota }] = await Promise.all([
      aws.ec2.send(new DescribeVpcsCommand({})),
      aws.quotas.send(new GetServiceQuotaCommand(quota)),
    ]);
    const limit = Quota?.Value ?? 0;
    return Vpcs.length < limit
      ? ok(`${Vpcs.length} of ${limit} in ${settings.region}`)
      : problem(
          `${settings.region} has ${Vpcs.length} of ${limit} already, and the network needs one`,
          `delete one that nobody uses, or ask for more: aws service-quotas request-service-quota-increase --region ${settings.region} --service-code vpc --quota-code ${quota.QuotaCode} --desired-value ${limit + 5}`,
        );
  },
};

const roleBoundary: Check = {
  name: 'boundary of roles',
  needsAccount: true,
  async run({ aws, settings }) {
    if (settings.delivery === undefined) return ok('none, since the settings have no delivery');
    const { Account: account = '' } = await aws.sts.send(new GetCallerIdentityCommand({}));
    const PolicyArn = roleBoundaryArn({ name: settings.name, account });
    return (await found(aws.iam.send(new GetPolicyCommand({ PolicyArn }))))
      ? ok(PolicyArn)
      : problem(
          `${PolicyArn} is not there, and every role is to be bound by it`,
          "deploy the delivery stack first: npx cdktf deploy delivery --app 'node --require tsx/cjs delivery/app.ts'",
        );
  },
};

export const accountChecks: readonly Check[] = [region, instanceType, vpcs, concurrency, loggingRole, roleBoundary];
