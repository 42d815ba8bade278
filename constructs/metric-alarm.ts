import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import type { Construct } from 'constructs';

/** A metric, as CloudWatch finds it. */
export interface MetricSource {
  readonly namespace: string;
  readonly dimensions?: Record<string, string>;
}

/** What an alarm is about. */
export interface Watched {
  /** What has happened and what to do. */
  readonly description: string;
  readonly metric: string;
  readonly statistic: 'Maximum' | 'Minimum';
  readonly comparison: string;
  readonly threshold: number;
  /** Seconds. */
  readonly period: number;
  readonly periods: number;
}

/** An alarm that tells a topic when it begins and when it is over. No data is no trouble: a host that sleeps sends none. */
export function metricAlarm(
  scope: Construct,
  id: string,
  alarmName: string,
  topicArn: string,
  source: MetricSource,
  watched: Watched,
): CloudwatchMetricAlarm {
  return new CloudwatchMetricAlarm(scope, id, {
    ...source,
    treatMissingData: 'notBreaching',
    alarmActions: [topicArn],
    okActions: [topicArn],
    alarmName,
    alarmDescription: watched.description,
    metricName: watched.metric,
    statistic: watched.statistic,
    period: watched.period,
    evaluationPeriods: watched.periods,
    comparisonOperator: watched.comparison,
    threshold: watched.threshold,
  });
}
