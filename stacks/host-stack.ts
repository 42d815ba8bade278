import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { AddressPlan } from '../constructs/address-plan';
import { internalName, nodeName } from '../constructs/deployment-names';
import { HostAlarms } from '../constructs/host-alarms';
import { HostRole } from '../constructs/host-role';
import { type HostEnvironment, HostUserData } from '../constructs/host-user-data';
import { isBurstable } from '../constructs/instance-types';
import { ParameterNames } from '../constructs/parameter-names';
import { SearchHost } from '../constructs/search-host';
import type { ServiceSettings, Settings } from '../settings';
import type { AccountStack } from './account-stack';
import type { NetworkStack } from './network-stack';
import { SearchgateStack } from './searchgate-stack';
import type { StorageStack } from './storage-stack';

export interface HostStackProps {
  readonly account: AccountStack;
  readonly network: NetworkStack;
  readonly storage: StorageStack;
}

/** The machines. Any of them can be replaced at any time: what they keep lies in storage and in SSM. */
export class HostStack extends SearchgateStack {
  private readonly parameters: ParameterNames;
  private readonly plan: AddressPlan;

  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    private readonly props: HostStackProps,
  ) {
    super(scope, id, settings);
    this.parameters = new ParameterNames(this.name);
    this.plan = new AddressPlan(settings.network.cidr);
    const account = new DataAwsCallerIdentity(this, 'caller').accountId;
    for (let node = 0; node < settings.host.nodes; node++) {
      this.addHost(node, `arn:aws:ssm:${settings.region}:${account}:parameter`);
    }
  }

  private addHost(index: number, parameterArn: string): void {
    const { account, network, storage } = this.props;
    const { host, network: addresses } = this.settings;
    const node = nodeName(index);
    const name = `${this.name}-${node}`;
    const privateIp = this.plan.nodeAddress(index, addresses.zones.length);
    const dataVolumeId = storage.dataVolumes[index]?.volumeId ?? '';
    const role = new HostRole(this, `${node}-identity`, {
      name: `${name}-${this.settings.region}`,
      node,
      parameters: this.parameters,
      parameterArn,
      snapshotBucketArn: storage.snapshots.arn,
    });
    const userData = new HostUserData(this, `${node}-user-data`, {
      environment: this.environment(node, privateIp, dataVolumeId),
    });
    const { instanceId } = new SearchHost(this, node, {
      name,
      tags: { 'searchgate:node': node },
      instanceType: host.instanceType,
      imageId: host.ami === 'newest' ? undefined : host.ami,
      cpuCredits: host.cpuCredits,
      rootVolume: host.rootVolume,
      subnetId: network.network.hostSubnetIds[index % addresses.zones.length] ?? '',
      securityGroupIds: [network.groups.hostsId],
      privateIp,
      instanceProfileName: role.instanceProfileName,
      userDataBase64: userData.base64gzip,
      dataVolumeId,
    });
    new TerraformOutput(this, `${node}-instance-id`, { value: instanceId });
    if (account.alarmTopicArn !== undefined) {
      new HostAlarms(this, `${node}-alarms`, {
        name,
        instanceId,
        topicArn: account.alarmTopicArn,
        watchCredits: isBurstable(host.instanceType) && host.cpuCredits === 'standard',
      });
    }
  }

  private environment(node: string, privateAddress: string, dataVolumeId: string): HostEnvironment {
    const elasticsearch = this.service('elasticsearch');
    const kibana = this.service('kibana');
    return {
      name: this.name,
      region: this.settings.region,
      node,
      privateAddress,
      dataVolumeId,
      elasticVersion: this.settings.elastic.version,
      parameterPrefix: this.parameters.prefix,
      elasticsearchPort: elasticsearch.port,
      elasticsearchServerName: internalName(elasticsearch.name, this.name),
      kibanaPort: kibana.port,
      kibanaServerName: internalName(kibana.name, this.name),
      kibanaPublicUrl: `https://${kibana.subdomain}.${this.settings.domain.name}`,
      snapshotBucket: this.props.storage.snapshots.name,
    };
  }

  private service(origin: ServiceSettings['origin']): ServiceSettings {
    const found = this.settings.services.find((service) => service.origin === origin);
    if (found === undefined)
      throw new Error(`no service has the origin ${origin}; the settings should have been refused`);
    return found;
  }
}
