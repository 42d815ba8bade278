import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { AddressPlan } from '../constructs/address-plan';
import { ApiDomain } from '../constructs/api-domain';
import { internalName } from '../constructs/deployment-names';
import { ForwarderFunction } from '../constructs/forwarder-function';
import { ParameterNames } from '../constructs/parameter-names';
import { RestApiGateway } from '../constructs/rest-api-gateway';
import { WakeSubscription } from '../constructs/wake-subscription';
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
  constructor(scope: Construct, id: string, settings: Settings, { service, network, power }: GatewayStackProps) {
    super(scope, id, settings);
    const name = `${this.name}-${service.name}`;
    const forwarder = new ForwarderFunction(this, 'forwarder', {
      functionName: name,
      service: service.name,
      origin: this.origin(service),
      responseMode: service.response,
      subnetIds: [...network.network.forwarderSubnetIds],
      securityGroupIds: [network.groups.forwardersId],
      timeout: service.timeout,
      memory: service.memory,
      reservedConcurrency: service.reservedConcurrency,
      debug: service.debug,
      logRetention: service.logRetention,
      power: power && this.sleep(service, power),
    });
    if (power !== undefined && service.wake) {
      const { functionArn } = power;
      new WakeSubscription(this, 'wake', { logGroupName: forwarder.logGroupName, functionArn });
    }
    const gateway = new RestApiGateway(this, 'gateway', {
      name,
      forwarder,
      allowedCidrs: service.allowedCidrs,
      requireAuthorization: service.requireAuthorization,
      allowPreflight: service.allowPreflight,
      throttle: service.throttle,
      timeout: service.timeout,
      logRetention: service.logRetention,
      cache: service.cache,
    });
    const domain = new ApiDomain(this, 'domain', {
      domainName: `${service.subdomain}.${settings.domain.name}`,
      zoneId: this.zoneId(),
      restApiId: gateway.restApiId,
      stageName: gateway.stageName,
      dualStack: service.allowedCidrs.some((cidr) => cidr.includes(':')),
    });
    new TerraformOutput(this, 'url', { value: domain.url });
  }

  private origin(service: ServiceSettings) {
    const { network, host } = this.settings;
    const plan = new AddressPlan(network.cidr);
    return {
      addresses: Array.from({ length: host.nodes }, (_, node) => plan.nodeAddress(node, network.zones.length)),
      port: service.port,
      serverName: internalName(service.name, this.name),
      authority: new DataAwsSsmParameter(this, 'authority', { name: new ParameterNames(this.name).authority })
        .insecureValue,
    };
  }

  private sleep({ origin, wake, requireAuthorization }: ServiceSettings, { stateUrl }: PowerStack) {
    const { wakeTokenHash, holdSeconds } = this.settings.power;
    const kibana = origin === 'kibana';
    return {
      stateUrl,
      wake: wake ? (kibana ? 'navigations' : 'requests') : 'never',
      wakeTokenHash,
      holdSeconds,
      useNeedsCredentials: kibana || requireAuthorization,
    };
  }

  private zoneId(): string {
    const { name, zoneId } = this.settings.domain;
    return zoneId ?? new DataAwsRoute53Zone(this, 'zone', { name, privateZone: false }).zoneId;
  }
}
