import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { Construct } from 'constructs';
import { ClusterAlarms } from '../constructs/cluster-alarms';
import type { VolumeSpecification } from '../constructs/data-volume';
import { internalName, metricsNamespace, nodeName } from '../constructs/deployment-names';
import { HostAlarms } from '../constructs/host-alarms';
import { HostRole } from '../constructs/host-role';
import { HostUserData } from '../constructs/host-user-data';
import { ParameterNames } from '../constructs/parameter-names';
import { SearchHost } from '../constructs/search-host';
import type { BucketAttributes } from './storage';

/** A service that a host runs. */
export interface HostedService {
  /** The service's name, which its certificate carries. */
  readonly name: string;
  readonly port: number;
}

export interface HostsProps {
  /** The deployment's name. */
  readonly name: string;
  readonly region: string;
  /** How many there are is fixed at synth. */
  readonly nodes: readonly {
    /** Its fixed IPv4 address, of its subnet. */
    readonly address: string;
    readonly subnetId: string;
    /** The subnet's availability zone. */
    readonly zone: string;
    /** The volume that outlives it, in the subnet's zone. */
    readonly dataVolumeId: string;
    /** What it is in its cluster, as `node.roles` of elasticsearch.yml, such as `master`. @default everything */
    readonly roles?: string;
    /** Whether it runs Kibana. Fixed at synth. @default true */
    readonly kibana?: boolean;
  }[];
  readonly securityGroupId: string;
  /** An ARM instance type, such as `t4g.medium`. */
  readonly instanceType: string;
  /** An AMI id to pin. Whether it is given is fixed at synth. @default the newest Amazon Linux 2023 at the first deploy */
  readonly imageId?: string;
  /** `standard` or `unlimited`, for burstable types only. Whether it is given is fixed at synth. @default the type has none */
  readonly cpuCredits?: string;
  readonly rootVolume: VolumeSpecification;
  readonly snapshots: BucketAttributes & {
    /** Hours between two snapshots; 0 for none. Alarms count with it. Fixed at synth. */
    readonly everyHours: number;
    /** How many are kept. */
    readonly keep: number;
  };
  /** `9.x`, `8.x` or an exact version; counts for a new volume only. */
  readonly elasticVersion: string;
  /** Host names that Kibana's connectors may reach, separated by commas. @default none */
  readonly connectorHosts?: string;
  /** When the operating system gets its security updates, as systemd's OnCalendar in UTC; empty for never. @default Sundays at 04:00 */
  readonly updatesAt?: string;
  readonly elasticsearch: HostedService;
  readonly kibana: HostedService & {
    /** Address that users see Kibana under, without a slash at its end. */
    readonly publicUrl: string;
  };
  /** ARN of the topic that is told when a host is in trouble. Whether it is given is fixed at synth. @default no alarms */
  readonly alarmTopicArn?: string;
  /** Whether to watch CPU credits, which only burstable types with standard credits run out of. Fixed at synth. @default false */
  readonly watchCredits?: boolean;
}

/** The machines. Any of them can be replaced at any time: what they keep lies in storage and in SSM. */
export class Hosts extends Construct {
  /** One a node. */
  readonly instanceIds: readonly string[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: HostsProps,
  ) {
    super(scope, id);
    const account = new DataAwsCallerIdentity(this, 'caller').accountId;
    const parameterArn = `arn:aws:ssm:${props.region}:${account}:parameter`;
    this.instanceIds = props.nodes.map((_, index) => this.host(index, parameterArn));
    if (props.nodes.length > 1 && props.alarmTopicArn !== undefined) {
      const namespace = metricsNamespace(props.name);
      new ClusterAlarms(this, 'cluster-alarms', { name: props.name, namespace, topicArn: props.alarmTopicArn });
    }
  }

  /**
   * Of the first three nodes, however many there are: the user data of those that are there does not change when others join, so
   * no host is replaced for it.
   */
  private get seedAddresses(): string {
    const { nodes } = this.props;
    if (nodes.length === 1) return '';
    return nodes
      .slice(0, 3)
      .map(({ address }) => address)
      .join(',');
  }

  private host(index: number, parameterArn: string): string {
    const { props } = this;
    const node = nodeName(index);
    const name = `${props.name}-${node}`;
    const {
      address = '',
      subnetId = '',
      zone = '',
      dataVolumeId = '',
      roles = '',
      kibana = true,
    } = props.nodes[index] ?? {};
    const parameters = new ParameterNames(props.name);
    const namespace = metricsNamespace(props.name);
    // One snapshot holds the whole cluster.
    const snapshotHours = index === 0 ? props.snapshots.everyHours : 0;
    const role = new HostRole(this, `${node}-identity`, {
      name: `${name}-${props.region}`,
      node,
      parameters,
      parameterArn,
      metricsNamespace: props.alarmTopicArn === undefined ? undefined : namespace,
      snapshotBucketArn: props.snapshots.arn,
    });
    const userData = new HostUserData(this, `${node}-user-data`, {
      environment: {
        name: props.name,
        region: props.region,
        node,
        privateAddress: address,
        seedAddresses: this.seedAddresses,
        nodeRoles: roles,
        runsKibana: kibana,
        zone,
        dataVolumeId,
        elasticVersion: props.elasticVersion,
        parameterPrefix: parameters.prefix,
        elasticsearchPort: props.elasticsearch.port,
        elasticsearchServerName: internalName(props.elasticsearch.name, props.name),
        kibanaPort: props.kibana.port,
        kibanaServerName: internalName(props.kibana.name, props.name),
        kibanaPublicUrl: props.kibana.publicUrl,
        snapshotBucket: props.snapshots.name,
        snapshotHours,
        snapshotKeep: props.snapshots.keep,
        alarms: props.alarmTopicArn !== undefined,
        connectorHosts: props.connectorHosts ?? '',
        updatesAt: props.updatesAt ?? 'Sun *-*-* 04:00',
      },
    });
    const { instanceId } = new SearchHost(this, node, {
      name,
      tags: { 'searchgate:node': node },
      instanceType: props.instanceType,
      imageId: props.imageId,
      cpuCredits: props.cpuCredits,
      rootVolume: props.rootVolume,
      subnetId,
      securityGroupIds: [props.securityGroupId],
      privateIp: address,
      instanceProfileName: role.instanceProfileName,
      userDataBase64: userData.base64gzip,
      dataVolumeId,
    });
    if (props.alarmTopicArn !== undefined) {
      new HostAlarms(this, `${node}-alarms`, {
        name,
        instanceId,
        namespace,
        node,
        snapshotHoursAwake: 2 * snapshotHours,
        topicArn: props.alarmTopicArn,
        watchCredits: props.watchCredits ?? false,
      });
    }
    return instanceId;
  }
}
