import { Construct } from 'constructs';
import { metricAlarm } from './metric-alarm';

export interface ClusterAlarmsProps {
  /** Alarm names begin with it. */
  readonly name: string;
  /** CloudWatch namespace of what the hosts send. */
  readonly namespace: string;
  /** ARN of the topic that is told. */
  readonly topicArn: string;
}

/**
 * Tells once for all nodes when their cluster is red, or lacks copies of its shards for half an hour. Every node sends what it sees, without
 * a name (`status` of cloud-init/files), and the worst counts: a node that is away cannot keep the others from telling.
 */
export class ClusterAlarms extends Construct {
  constructor(scope: Construct, id: string, { name, namespace, topicArn }: ClusterAlarmsProps) {
    super(scope, id);
    const state = {
      metric: 'ClusterState',
      statistic: 'Maximum',
      comparison: 'GreaterThanOrEqualToThreshold',
      period: 600,
    } as const;
    metricAlarm(
      this,
      'red',
      `${name}-cluster-red`,
      topicArn,
      { namespace },
      {
        ...state,
        description:
          'The cluster is red: shards have no copy on any node that is there. npm run host:status says which node is away, GET _cluster/allocation/explain what is missing',
        threshold: 2,
        periods: 1,
      },
    );
    metricAlarm(
      this,
      'copies',
      `${name}-cluster-copies`,
      topicArn,
      { namespace },
      {
        ...state,
        description:
          'The cluster has lacked copies of shards for half an hour, so another node that goes may take data along: npm run host:status says which node is away',
        threshold: 1,
        periods: 3,
      },
    );
  }
}
