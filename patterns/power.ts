import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsEc2ManagedPrefixList } from '@cdktf/provider-aws/lib/data-aws-ec2-managed-prefix-list';
import { Construct } from 'constructs';
import { type LambdaSchedule, LambdaSchedules } from '../constructs/lambda-schedules';
import { LogAlarm } from '../constructs/log-alarm';
import { ParameterNames } from '../constructs/parameter-names';
import { PowerFunction, type PowerFunctionProps } from '../constructs/power-function';
import { PowerState } from '../constructs/power-state';

/** The key of the state document in its bucket. */
const documentKey = 'state.json';

export interface PowerProps
  extends Pick<PowerFunctionProps, 'idleStop' | 'idleMinutes' | 'graceMinutes' | 'wakesPerDay' | 'monthlyHours'> {
  /** The deployment's name. */
  readonly name: string;
  readonly region: string;
  /** The names of the services behind the doors. Fixed at synth. */
  readonly services: readonly string[];
  /** The gateway endpoint for S3 of the forwarders' VPC. */
  readonly s3EndpointId: string;
  /** The security group of the forwarders. */
  readonly forwardersGroupId: string;
  /** When the hosts are started or stopped by the clock. How many there are is fixed at synth. @default never */
  readonly clock?: readonly (Pick<LambdaSchedule, 'expression' | 'timeZone' | 'description'> & {
    /** Fixed at synth. */
    readonly action: 'start' | 'stop';
  })[];
  /** ARN of the topic that is told of what went wrong. Whether it is given is fixed at synth. @default no alarm */
  readonly alarmTopicArn?: string;
}

/**
 * What lets the hosts sleep and wakes them. It knows hosts by their tags and forwarders by their names, so it needs neither, and
 * can be taken away and put back while they stay.
 */
export class Power extends Construct {
  /** Where forwarders read whether the hosts sleep. */
  readonly stateUrl: string;
  readonly functionArn: string;
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: PowerProps) {
    super(scope, id);
    const { name, region } = props;
    const accountId = new DataAwsCallerIdentity(this, 'caller').accountId;
    const arn = (service: string) => `arn:aws:${service}:${region}:${accountId}`;
    const state = new PowerState(this, 'state', {
      bucketName: `${name}-power-${accountId}-${region}`,
      documentKey,
      endpointId: props.s3EndpointId,
      prefixListId: new DataAwsEc2ManagedPrefixList(this, 's3-addresses', { name: `com.amazonaws.${region}.s3` }).id,
      forwardersGroupId: props.forwardersGroupId,
    });
    const lambda = new PowerFunction(this, 'function', {
      functionName: `${name}-power`,
      deployment: name,
      arns: { ec2: arn('ec2'), logs: arn('logs'), ssm: arn('ssm') },
      logGroupNames: props.services.map((service) => `/aws/lambda/${name}-${service}`),
      hostParameters: `${new ParameterNames(name).prefix}/hosts`,
      bucketName: state.bucketName,
      bucketArn: state.bucketArn,
      documentKey,
      idleStop: props.idleStop,
      idleMinutes: props.idleMinutes,
      graceMinutes: props.graceMinutes,
      wakesPerDay: props.wakesPerDay,
      monthlyHours: props.monthlyHours,
      logRetention: 30,
    });
    new LambdaSchedules(this, 'schedules', {
      name: `${name}-power-schedules`,
      schedules: [
        {
          name: 'check',
          functionArn: lambda.functionArn,
          expression: 'rate(10 minutes)',
          input: { action: 'check' },
          description: 'Look whether anybody uses the hosts',
        },
        ...(props.clock ?? []).map(({ action, ...schedule }) => ({
          ...schedule,
          name: action,
          functionArn: lambda.functionArn,
          input: { action },
        })),
        ...props.services.map((service) => ({
          name: `ping-${service}`,
          functionArn: `${arn('lambda')}:function:${name}-${service}`,
          expression: 'rate(1 day)',
          input: { ping: true },
          description: 'Lambda puts a function of a VPC away after two weeks without use; then the next request fails',
        })),
      ],
    });
    if (props.alarmTopicArn !== undefined) {
      new LogAlarm(this, 'errors', {
        alarmName: `${name}-power`,
        description:
          'A host could not be started or stopped, or was woken too often: the log of the power function says which',
        logGroupName: lambda.logGroupName,
        namespace: `Searchgate/${name}`,
        metricName: 'PowerErrors',
        topicArn: props.alarmTopicArn,
      });
    }
    if (props.alarmTopicArn !== undefined && props.monthlyHours !== undefined) {
      new LogAlarm(this, 'hours', {
        alarmName: `${name}-running-hours`,
        description: `The hosts have run more than ${props.monthlyHours} hours this month: what keeps them awake is in the forwarders' logs (in_use) and in npm run power -- status`,
        logGroupName: lambda.logGroupName,
        pattern: '{ $.event = "running_hours_exceeded" }',
        namespace: `Searchgate/${name}`,
        metricName: 'RunningHoursExceeded',
        topicArn: props.alarmTopicArn,
      });
    }
    this.stateUrl = `https://${state.bucketName}.s3.${region}.amazonaws.com/${documentKey}`;
    this.functionArn = lambda.functionArn;
    this.functionName = lambda.functionName;
  }
}
