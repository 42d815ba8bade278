import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { nodeName } from '../constructs/deployment-names';
import { isBurstable } from '../constructs/instance-types';
import { Hosts } from '../patterns/hosts';
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
  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    { account, network: { network }, storage: { storage } }: HostStackProps,
  ) {
    super(scope, id, settings);
    const { host, region, elastic, snapshots } = settings;
    const kibana = this.service('kibana');
    const { instanceIds } = new Hosts(this, 'Default', {
      name: this.name,
      region,
      nodes: this.nodeAddresses.map((address, node) => ({
        address,
        zone: settings.network.zones[node % settings.network.zones.length] ?? '',
        subnetId: network.hostSubnetIds[node % network.hostSubnetIds.length] ?? '',
        dataVolumeId: storage.dataVolumeIds[node] ?? '',
        roles: this.roles(node),
        kibana: this.runsKibana(node),
      })),
      securityGroupId: network.hostsGroupId,
      instanceType: host.instanceType,
      imageId: host.ami === 'newest' ? undefined : host.ami,
      cpuCredits: host.cpuCredits,
      rootVolume: host.rootVolume,
      snapshots: {
        ...storage.snapshots,
        everyHours: snapshots.enabled ? snapshots.everyHours : 0,
        keep: snapshots.keep,
      },
      elasticVersion: elastic.version,
      connectorHosts: elastic.connectorHosts.join(', '),
      updatesAt: updateCalendar(host.updates),
      elasticsearch: this.service('elasticsearch'),
      kibana: { ...kibana, publicUrl: `https://${kibana.subdomain}.${settings.domain.name}` },
      alarmTopicArn: account.alarmTopicArn,
      watchCredits: isBurstable(host.instanceType) && host.cpuCredits === 'standard',
    });
    instanceIds.forEach((value, node) => {
      new TerraformOutput(this, `${nodeName(node)}-instance-id`, {
        value,
        description: 'The instance, for the console and Session Manager',
      });
    });
  }

  /** Dedicated masters do nothing else, and the others all but vote. */
  private roles(node: number): string | undefined {
    if (this.settings.host.masters === 'all') return undefined;
    return this.holdsData(node) ? 'data, ingest, remote_cluster_client, transform' : 'master';
  }

  private service(origin: ServiceSettings['origin']): ServiceSettings {
    const found = this.settings.services.find((service) => service.origin === origin);
    if (found === undefined)
      throw new Error(`no service has the origin ${origin}; the settings should have been refused`);
    return found;
  }
}

/** As systemd's OnCalendar, in UTC; empty where updates are off. */
function updateCalendar({ enabled, day, time }: Settings['host']['updates']): string {
  if (!enabled) return '';
  return day === 'DAILY' ? `*-*-* ${time}` : `${day.charAt(0)}${day.slice(1).toLowerCase()} *-*-* ${time}`;
}
