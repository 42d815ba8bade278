import { Construct } from 'constructs';
import { type MetricSource, metricAlarm, type Watched } from './metric-alarm';

export interface HostAlarmsProps {
  /** Alarm names begin with it. */
  readonly name: string;
  readonly instanceId: string;
  /** CloudWatch namespace of what the host sends of itself. */
  readonly namespace: string;
  /** The node whose metrics are watched, such as `node-0`. */
  readonly node: string;
  /** After how many hours awake without a good snapshot somebody is told; 0 where none are made. Fixed at synth. */
  readonly snapshotHoursAwake: number;
  /** ARN of the topic that is told. */
  readonly topicArn: string;
  /** Whether to watch CPU credits, which only burstable types with standard credits run out of. Fixed at synth. */
  readonly watchCredits: boolean;
}

/**
 * Tells when a running host fails EC2's status checks, has spent its CPU credits, fills its data volume, has made no snapshot for too
 * many hours awake, or is in trouble by its own word (`status` of cloud-init/files). A host that sleeps is no trouble.
 */
export class HostAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HostAlarmsProps) {
    super(scope, id);
    const ofInstance = { namespace: 'AWS/EC2', dimensions: { InstanceId: props.instanceId } };
    // The host sends every five minutes, so ten always have something.
    const ofHost = { namespace: props.namespace, dimensions: { Node: props.node } };
    const told = { statistic: 'Maximum', period: 600, periods: 1 } as const;
    const alarm = (kind: string, source: MetricSource, watched: Watched) =>
      metricAlarm(this, kind, `${props.name}-${kind}`, props.topicArn, source, watched);

    alarm('status-check', ofInstance, {
      description: 'The host or the machine under it fails the status checks of EC2: stop and start it, or replace it',
      metric: 'StatusCheckFailed',
      statistic: 'Maximum',
      comparison: 'GreaterThanThreshold',
      threshold: 0,
      period: 60,
      periods: 3,
    });
    alarm('disk', ofHost, {
      ...told,
      description:
        'The data volume is filled to three quarters; Elasticsearch places no more shards from 80 % of 8 GiB, 87 % of 20 GiB, 90 % of 100 GiB or 96 % of 1024 GiB on: delete indices, or raise host.dataVolume.size and deploy storage',
      metric: 'DataVolumeUsedPercent',
      comparison: 'GreaterThanOrEqualToThreshold',
      threshold: 75,
    });
    if (props.snapshotHoursAwake > 0) {
      alarm('snapshot', ofHost, {
        ...told,
        description: `The host has been awake for more than ${props.snapshotHoursAwake} hours since its last good snapshot: npm run host:status`,
        metric: 'AwakeSecondsSinceSnapshot',
        comparison: 'GreaterThanThreshold',
        threshold: props.snapshotHoursAwake * 3600,
      });
    }
    alarm('trouble', ofHost, {
      ...told,
      description:
        'The host says that something needs somebody (setup or a service failed, memory ran out, a red cluster, a certificate that ends): npm run host:status says what',
      metric: 'Troubles',
      comparison: 'GreaterThanThreshold',
      threshold: 0,
    });
    if (!props.watchCredits) return;
    alarm('cpu-credits', ofInstance, {
      description: 'The host has hardly any CPU credits left and will crawl: unlimited credits or a larger type help',
      metric: 'CPUCreditBalance',
      statistic: 'Minimum',
      comparison: 'LessThanThreshold',
      threshold: 10,
      period: 300,
      periods: 3,
    });
  }
}
