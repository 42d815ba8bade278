import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';

export interface HostAlarmsProps {
  /** Alarm names begin with it. */
  readonly name: string;
  readonly instanceId: string;
  /** ARN of the topic that is told. */
  readonly topicArn: string;
  /** Whether to watch CPU credits, which only burstable types with standard credits run out of. Fixed at synth. */
  readonly watchCredits: boolean;
}

/** Tells when a running host fails EC2's status checks or has spent its CPU credits. A host that sleeps is no trouble. */
export class HostAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HostAlarmsProps) {
    super(scope, id);
    const alarm = {
      namespace: 'AWS/EC2',
      dimensions: { InstanceId: props.instanceId },
      treatMissingData: 'notBreaching',
      alarmActions: [props.topicArn],
      okActions: [props.topicArn],
    };
    new CloudwatchMetricAlarm(this, 'status-check', {
      ...alarm,
      alarmName: `${props.name}-status-check`,
      alarmDescription:
        'The host or the machine under it fails the status checks of EC2: stop and start it, or replace it',
      metricName: 'StatusCheckFailed',
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: 3,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
    });
    if (!props.watchCredits) return;
    new CloudwatchMetricAlarm(this, 'cpu-credits', {
      ...alarm,
      alarmName: `${props.name}-cpu-credits`,
      alarmDescription:
        'The host has hardly any CPU credits left and will crawl: unlimited credits or a larger type help',
      metricName: 'CPUCreditBalance',
      statistic: 'Minimum',
      period: 300,
      evaluationPeriods: 3,
      comparisonOperator: 'LessThanThreshold',
      threshold: 10,
    });
  }
}
