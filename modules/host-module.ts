import type { App } from 'cdktf';
import { Hosts } from '../patterns/hosts';
import { alarmTopic, region, servicePorts, zones } from './inputs';
import { ModuleStack } from './module-stack';
import type { Shape } from './shape';

/** The machines. */
export class HostModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(
      app,
      'host',
      'The machines that run Elasticsearch and Kibana. Any can be replaced at any time and loses nothing.',
    );
    this.inputs.push(region, servicePorts(shape));
    const zoneNames = zones(this.inputs, shape).map((each) => this.text(each));
    const addresses = this.list('node_addresses', shape.nodes, 'The fixed address of each node');
    const subnets = this.list('host_subnet_ids', shape.zones, 'The subnets of the hosts, one a zone');
    const volumes = this.list('data_volume_ids', shape.nodes, 'The volume that outlives each node, in its zone');
    this.inputs.push(
      { name: 'hosts_group_id', type: 'string', description: 'The security group of the hosts' },
      { name: 'snapshot_bucket', type: 'string', description: 'The name of the bucket for snapshots' },
      {
        name: 'kibana_url',
        type: 'string',
        description: 'Address that users see Kibana under, without a slash at its end',
      },
      ...(shape.alarms ? [alarmTopic] : []),
    );
    this.setting('instance_type', 'host.instanceType');
    this.setting('cpu_credits', 'host.cpuCredits', { byDefault: 'unlimited' });
    this.setting('root_volume', 'host.rootVolume');
    this.setting('elastic_version', 'elastic.version');
    if (shape.pinnedImage) {
      this.inputs.push({
        name: 'ami',
        type: 'string',
        description: 'The machine image. Another one replaces the host',
      });
    }
    const hosted = (origin: string) => {
      const name = shape.services.find((service) => service.origin === origin)?.name ?? '';
      return { name, port: this.number(`var.ports.${name}`) };
    };
    const { instanceIds } = new Hosts(this, 'Default', {
      name: this.name,
      region: this.text('var.region'),
      nodes: addresses.map((address, node) => ({
        address,
        subnetId: subnets[node % subnets.length] ?? '',
        zone: zoneNames[node % zoneNames.length] ?? '',
        dataVolumeId: volumes[node] ?? '',
      })),
      securityGroupId: this.text('var.hosts_group_id'),
      instanceType: this.text('var.instance_type'),
      imageId: shape.pinnedImage ? this.text('var.ami') : undefined,
      cpuCredits: this.text('var.cpu_credits'),
      rootVolume: {
        size: this.number('var.root_volume.size'),
        type: this.text('var.root_volume.type'),
        iops: this.number('var.root_volume.iops'),
        throughput: this.number('var.root_volume.throughput'),
      },
      snapshots: {
        name: this.text('var.snapshot_bucket'),
        arn: this.text('"arn:aws:s3:::${var.snapshot_bucket}"'),
        ...shape.snapshots,
      },
      elasticVersion: this.text('var.elastic_version'),
      elasticsearch: hosted('elasticsearch'),
      kibana: { ...hosted('kibana'), publicUrl: this.text('var.kibana_url') },
      alarmTopicArn: shape.alarms ? this.text('var.alarm_topic_arn') : undefined,
    });
    this.output('instance_ids', 'The instance of each node', [...instanceIds]);
  }
}
