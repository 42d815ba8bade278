import { TerraformOutput } from 'cdktf';
import * as sources from '../../patterns';
import { admission, type Build, forwarding, sleep, volume } from '../constructs/catalogue';

/** How each exported pattern is built, with everything that is not fixed at synth left to Terraform. */
export const patterns: Readonly<Record<string, Build>> = {
  Certificates: (scope, id, v) =>
    new sources.Certificates(scope, id, {
      name: v.text('name'),
      nodeAddresses: [v.text('nodeAddresses'), '10.0.0.2'],
      services: [
        { name: 'search', origin: 'elasticsearch' },
        { name: 'kibana', origin: 'kibana' },
      ],
    }),
  Gateway: (scope, id, v) =>
    new sources.Gateway(scope, id, {
      deployment: v.text('deployment'),
      service: v.text('service'),
      origin: { addresses: [v.text('origin.addresses'), '10.0.0.2'], port: v.number('origin.port') },
      responseMode: 'buffered',
      ...forwarding(v),
      ...admission(v),
      timeout: v.number('timeout'),
      logRetention: v.number('logRetention'),
      power: { ...sleep(v), functionArn: v.text('power.functionArn'), subscribe: true },
      domainName: v.text('domainName'),
      zoneId: v.text('zoneId'),
      certificateArn: v.text('certificateArn'),
    }),
  Hosts: (scope, id, v) =>
    new sources.Hosts(scope, id, {
      name: v.text('name'),
      region: v.text('region'),
      nodes: [
        {
          address: v.text('nodes.address'),
          subnetId: v.text('nodes.subnetId'),
          zone: v.text('nodes.zone'),
          dataVolumeId: v.text('nodes.dataVolumeId'),
          roles: v.text('nodes.roles'),
        },
        { address: '10.0.0.2', subnetId: 'subnet-2', zone: 'us-east-1b', dataVolumeId: 'vol-2' },
      ],
      securityGroupId: v.text('securityGroupId'),
      instanceType: v.text('instanceType'),
      imageId: v.text('imageId'),
      cpuCredits: v.text('cpuCredits'),
      rootVolume: volume(v, 'rootVolume.'),
      snapshots: {
        name: v.text('snapshots.name'),
        arn: v.text('snapshots.arn'),
        everyHours: 12,
        keep: v.number('snapshots.keep'),
      },
      elasticVersion: v.text('elasticVersion'),
      connectorHosts: v.text('connectorHosts'),
      updatesAt: v.text('updatesAt'),
      elasticsearch: { name: v.text('elasticsearch.name'), port: v.number('elasticsearch.port') },
      kibana: { name: v.text('kibana.name'), port: v.number('kibana.port'), publicUrl: v.text('kibana.publicUrl') },
      alarmTopicArn: v.text('alarmTopicArn'),
    }),
  // A VPC that is made, and one that is there already, whose subnets are handed on.
  Network: (scope, id, v) => {
    const services = [{ name: 'search', port: v.number('services.port') }];
    const { hostSubnetIds, forwarderSubnetIds, s3EndpointId } = new sources.Network(scope, `${id}-existing`, {
      name: 'existing',
      vpc: {
        vpcId: v.text('vpc.vpcId'),
        hostSubnetIds: [v.text('vpc.hostSubnetIds')],
        forwarderSubnetIds: v.texts('vpc.forwarderSubnetIds'),
        s3EndpointId: v.text('vpc.s3EndpointId'),
      },
      services,
    });
    const value = { hostSubnetIds, forwarderSubnetIds, s3EndpointId };
    new TerraformOutput(scope, `${id}-handed-on`, { value });
    const vpc = { cidr: v.text('vpc.cidr'), zones: [v.text('vpc.zones'), 'us-east-1b'], region: v.text('vpc.region') };
    return new sources.Network(scope, id, { name: v.text('name'), vpc, services });
  },
  Power: (scope, id, v) =>
    new sources.Power(scope, id, {
      name: v.text('name'),
      region: v.text('region'),
      services: ['search'],
      s3EndpointId: v.text('s3EndpointId'),
      forwardersGroupId: v.text('forwardersGroupId'),
      idleStop: v.yesOrNo('idleStop'),
      idleMinutes: v.number('idleMinutes'),
      graceMinutes: v.number('graceMinutes'),
      wakesPerDay: v.number('wakesPerDay'),
      monthlyHours: v.number('monthlyHours'),
      clock: [
        {
          action: 'start',
          expression: v.text('clock.expression'),
          timeZone: v.text('clock.timeZone'),
          description: v.text('clock.description'),
        },
      ],
      alarmTopicArn: v.text('alarmTopicArn'),
    }),
  // With a bucket that is made, and with one that is there already, which is handed on.
  Storage: (scope, id, v) => {
    const own = { name: v.text('name'), region: v.text('region'), nodeZones: [v.text('nodeZones')] };
    const dataVolume = volume(v, 'dataVolume.');
    const given = { name: v.text('snapshots.name'), arn: v.text('snapshots.arn') };
    const { snapshots } = new sources.Storage(scope, `${id}-existing`, { ...own, dataVolume, snapshots: given });
    new TerraformOutput(scope, `${id}-handed-on`, { value: snapshots });
    return new sources.Storage(scope, id, { ...own, dataVolume });
  },
};
