import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { SchedulerSchedule } from '@cdktf/provider-aws/lib/scheduler-schedule';
import { Construct } from 'constructs';
import { acceptFindings, underAwsKey } from './accepted-findings';
import { policyDocument, serviceTrust } from './policy-document';

/** When a function is invoked, and with what. */
export interface LambdaSchedule {
  /** The schedule's name. Fixed at synth. */
  readonly name: string;
  readonly functionArn: string;
  /** `rate(10 minutes)`, or `cron(0 8 ? * MON-FRI *)`. */
  readonly expression: string;
  /** An IANA time zone, such as `Europe/Berlin`; cron expressions then follow its clock changes. @default UTC */
  readonly timeZone?: string;
  /** The event. Fixed at synth. */
  readonly input: Readonly<Record<string, string | boolean>>;
  readonly description: string;
}

export interface LambdaSchedulesProps {
  /** The role's name, and what the schedules' names begin with. */
  readonly name: string;
  readonly schedules: readonly LambdaSchedule[];
}

/** Invokes functions on time, by EventBridge Scheduler: the first fourteen million invocations of a month are free. */
export class LambdaSchedules extends Construct {
  constructor(scope: Construct, id: string, props: LambdaSchedulesProps) {
    super(scope, id);
    const role = new IamRole(this, 'role', {
      name: props.name,
      description: 'Lets EventBridge Scheduler invoke the functions that it is told to',
      assumeRolePolicy: serviceTrust('scheduler.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'invoke',
      role: role.id,
      policy: policyDocument({
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: [...new Set(props.schedules.map(({ functionArn }) => functionArn))],
      }),
    });
    for (const { name, functionArn, expression, timeZone, input, description } of props.schedules) {
      const schedule = new SchedulerSchedule(this, name, {
        name: `${props.name}-${name}`,
        description,
        scheduleExpression: expression,
        scheduleExpressionTimezone: timeZone ?? 'UTC',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: functionArn,
          roleArn: role.arn,
          input: JSON.stringify(input),
          // What is late is done by the next one.
          retryPolicy: { maximumEventAgeInSeconds: 300, maximumRetryAttempts: 2 },
        },
        dependsOn: [policy],
      });
      acceptFindings(schedule, underAwsKey('CKV_AWS_297'));
    }
  }
}
