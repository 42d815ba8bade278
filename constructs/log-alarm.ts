import { CloudwatchLogMetricFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-metric-filter';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';

export interface LogAlarmProps {
  /** The alarm's name. */
  readonly alarmName: string;
  /** What has happened and what to do. */
  readonly description: string;
  readonly logGroupName: string;
  /** Which lines count, as a filter pattern. @default those of level ERROR */
  readonly pattern?: string;
  /** The metric's namespace, such as `Searchgate/searchgate`. */
  readonly namespace: string;
  readonly metricName: string;
  /** ARN of the topic that is told. */
  readonly topicArn: string;
}

/** Tells as soon as a log has a line of a kind. The metric has data, and costs something, only in hours in which it has one. */
export class LogAlarm extends Construct {
  constructor(scope: Construct, id: string, props: LogAlarmProps) {
    super(scope, id);
    new CloudwatchLogMetricFilter(this, 'filter', {
      name: props.metricName,
      logGroupName: props.logGroupName,
      pattern: props.pattern ?? '{ $.level = "ERROR" }',
      metricTransformation: { namespace: props.namespace, name: props.metricName, value: '1' },
    });
    new CloudwatchMetricAlarm(this, 'alarm', {
      alarmName: props.alarmName,
      alarmDescription: props.description,
      namespace: props.namespace,
      metricName: props.metricName,
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 0,
      treatMissingData: 'notBreaching',
      alarmActions: [props.topicArn],
    });
  }
}
