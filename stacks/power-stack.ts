import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsEc2ManagedPrefixList } from '@cdktf/provider-aws/lib/data-aws-ec2-managed-prefix-list';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { ErrorAlarm } from '../constructs/error-alarm';
import { type LambdaSchedule, LambdaSchedules } from '../constructs/lambda-schedules';
import { ParameterNames } from '../constructs/parameter-names';
import { PowerFunction } from '../constructs/power-function';
import { PowerState } from '../constructs/power-state';
import type { Settings } from '../settings';
import type { AccountStack } from './account-stack';
import type { NetworkStack } from './network-stack';
import { SearchgateStack } from './searchgate-stack';

/** The key of the state document in its bucket. */
const documentKey = 'state.json';

export interface PowerStackProps {
  readonly account: AccountStack;
  readonly network: NetworkStack;
}

/**
 * What lets the hosts sleep and wakes them. It knows hosts by their tags and forwarders by their names, so it needs neither of
 * their stacks, and can be taken away and put back while they stay.
 */
export class PowerStack extends SearchgateStack {
  /** Where forwarders read whether the hosts sleep. */
  readonly stateUrl: string;
  readonly functionArn: string;

  constructor(scope: Construct, id: string, settings: Settings, { account, network }: PowerStackProps) {
    super(scope, id, settings);
    const { region, power } = settings;
    const accountId = new DataAwsCallerIdentity(this, 'caller').accountId;
    const arn = (service: string) => `arn:aws:${service}:${region}:${accountId}`;
    const state = new PowerState(this, 'state', {
      bucketName: `${this.name}-power-${accountId}-${region}`,
      documentKey,
      endpointId: network.network.s3EndpointId,
      prefixListId: new DataAwsEc2ManagedPrefixList(this, 's3-addresses', { name: `com.amazonaws.${region}.s3` }).id,
      forwardersGroupId: network.groups.forwardersId,
    });
    const lambda = new PowerFunction(this, 'function', {
      functionName: `${this.name}-power`,
      deployment: this.name,
      arns: { ec2: arn('ec2'), logs: arn('logs'), ssm: arn('ssm') },
      logGroupNames: settings.services.map(({ name }) => `/aws/lambda/${this.name}-${name}`),
      hostParameters: `${new ParameterNames(this.name).prefix}/hosts`,
      bucketName: state.bucketName,
      bucketArn: state.bucketArn,
      documentKey,
      idleStop: power.idleStop,
      idleMinutes: power.idleMinutes,
      graceMinutes: power.graceMinutes,
      wakesPerDay: power.wakesPerDay,
      logRetention: 30,
    });
    new LambdaSchedules(this, 'schedules', {
      name: `${this.name}-power-schedules`,
      schedules: [
        {
          name: 'check',
          functionArn: lambda.functionArn,
          expression: 'rate(10 minutes)',
          input: { action: 'check' },
          description: 'Look whether anybody uses the hosts',
        },
        ...this.clock(lambda.functionArn),
        ...settings.services.map(({ name }) => ({
          name: `ping-${name}`,
          functionArn: `${arn('lambda')}:function:${this.name}-${name}`,
          expression: 'rate(1 day)',
          input: { ping: true },
          description: 'Lambda puts a function of a VPC away after two weeks without use; then the next request fails',
        })),
      ],
    });
    if (account.alarmTopicArn !== undefined) {
      new ErrorAlarm(this, 'errors', {
        alarmName: `${this.name}-power`,
        description:
          'A host could not be started or stopped, or was woken too often: the log of the power function says which',
        logGroupName: lambda.logGroupName,
        namespace: `Searchgate/${this.name}`,
        metricName: 'PowerErrors',
        topicArn: account.alarmTopicArn,
      });
    }
    this.stateUrl = `https://${state.bucketName}.s3.${region}.amazonaws.com/${documentKey}`;
    this.functionArn = lambda.functionArn;
    new TerraformOutput(this, 'function-name', { value: lambda.functionName });
  }

  /** The start and the stop of the settings' schedule. */
  private clock(functionArn: string): LambdaSchedule[] {
    const { schedule } = this.settings.power;
    return (['start', 'stop'] as const).flatMap((action) => {
      const time = schedule?.[action];
      if (schedule === undefined || time === undefined) return [];
      const [hour, minute] = time.split(':').map(Number);
      return [
        {
          name: action,
          functionArn,
          expression: `cron(${minute} ${hour} ? * ${schedule.days.join(',')} *)`,
          timeZone: schedule.timeZone,
          input: { action },
          description: `${action === 'start' ? 'Start' : 'Stop'} the hosts at ${time}`,
        },
      ];
    });
  }
}
