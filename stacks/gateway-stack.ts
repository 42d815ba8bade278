import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { Gateway, type GatewayProps } from '../patterns/gateway';
import type { ServiceSettings, Settings } from '../settings';
import type { NetworkStack } from './network-stack';
import type { PowerStack } from './power-stack';
import { SearchgateStack } from './searchgate-stack';

export interface GatewayStackProps {
  readonly service: ServiceSettings;
  readonly network: NetworkStack;
  /** What wakes the host and lets it sleep; undefined where it never sleeps. */
  readonly power: PowerStack | undefined;
}

/** One door: forwarder, REST API and host name of one service. It holds nothing and can be made anew at any time. */
export class GatewayStack extends SearchgateStack {
  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    { service, network: { network }, power }: GatewayStackProps,
  ) {
    super(scope, id, settings);
    const { url } = new Gateway(this, 'Default', {
      ...service,
      deployment: this.name,
      service: service.name,
      origin: { addresses: this.nodeAddresses.filter((_, node) => this.serves(node, service)), port: service.port },
      responseMode: service.response,
      subnetIds: [...network.forwarderSubnetIds],
      securityGroupIds: [network.forwardersGroupId],
      power: power && this.sleep(service, power),
      domainName: `${service.subdomain}.${settings.domain.name}`,
      zoneId: this.zoneId(),
      dualStack: service.allowedCidrs.some((cidr) => cidr.includes(':')),
    });
    new TerraformOutput(this, 'url', { value: url, description: 'Where the service is' });
  }

  private sleep(
    { origin, wake, requireAuthorization }: ServiceSettings,
    { power: { stateUrl, functionArn } }: PowerStack,
  ): GatewayProps['power'] {
    const { wakeTokenHash, holdSeconds } = this.settings.power;
    const kibana = origin === 'kibana';
    return {
      stateUrl,
      functionArn,
      subscribe: wake,
      wake: wake ? (kibana ? 'navigations' : 'requests') : 'never',
      wakeTokenHash,
      holdSeconds,
      useNeedsCredentials: kibana || requireAuthorization,
    };
  }

  /** A server of one's own is expected where Elasticsearch's data is. */
  private serves(node: number, { origin }: ServiceSettings): boolean {
    return origin === 'kibana' ? this.runsKibana(node) : this.holdsData(node);
  }

  private zoneId(): string {
    const { name, zoneId } = this.settings.domain;
    return zoneId ?? new DataAwsRoute53Zone(this, 'zone', { name, privateZone: false }).zoneId;
  }
}
