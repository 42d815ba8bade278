import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import type { App } from 'cdktf';
import { DomainCertificate } from '../constructs/domain-certificate';
import { Gateway } from '../patterns/gateway';
import { ModuleStack } from './module-stack';
import type { Shape } from './shape';

/** One door, for any service. */
export class GatewayModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(
      app,
      'gateway',
      'One door: the REST API, its forwarder and its host name. Call it once for each service. A hosted zone and a certificate can be passed in.',
    );
    this.setting('service', 'services.name');
    this.setting('domain', 'domain.name', { description: 'The domain that the host name is below' });
    this.setting('subdomain', 'services.subdomain');
    this.existing(
      'existing_zone',
      { id: 'string' },
      'The public hosted zone to use instead of the one that has the name of the domain',
    );
    this.existing(
      'existing_certificate',
      { arn: 'string' },
      'A valid certificate of ACM in this region for the host name, to use instead of making one',
    );
    const addresses = this.list('node_addresses', shape.nodes, 'The fixed address of each node');
    this.setting('port', 'services.port', { byDefault: undefined });
    this.inputs.push(
      { name: 'forwarder_subnet_ids', type: 'list(string)', description: 'The subnets of the forwarders' },
      { name: 'forwarders_group_id', type: 'string', description: 'The security group of the forwarders' },
    );
    this.setting('allowed_cidrs', 'services.allowedCidrs', {
      validations: [
        {
          condition:
            'length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0))])',
          message:
            'allowed_cidrs is ${jsonencode(var.allowed_cidrs)}; allowed: blocks of addresses in CIDR notation, such as 203.0.113.7/32.',
        },
      ],
    });
    this.setting('require_authorization', 'services.requireAuthorization', { byDefault: true });
    this.setting('allow_preflight', 'services.allowPreflight');
    this.setting('throttle', 'services.throttle');
    this.setting('timeout', 'services.timeout');
    this.setting('memory', 'services.memory');
    this.setting('reserved_concurrency', 'services.reservedConcurrency');
    this.setting('debug', 'services.debug');
    this.setting('log_retention', 'services.logRetention');

    const zone = new DataAwsRoute53Zone(this, 'zone', { name: this.text('var.domain'), privateZone: false });
    zone.addOverride('count', '${var.existing_zone == null ? 1 : 0}');
    const zoneId = 'var.existing_zone == null ? one(data.aws_route53_zone.zone[*].zone_id) : var.existing_zone.id';
    const hostName = '"${var.subdomain == null ? var.service : var.subdomain}.${var.domain}"';
    const certificate = this.madeUnless('existing_certificate', 'certificate', {
      name: 'var.name',
      tags: 'var.tags',
      host_name: hostName,
      zone_id: zoneId,
    });
    const gateway = new Gateway(this, 'Default', {
      deployment: this.name,
      service: this.text('var.service'),
      origin: { addresses, port: this.number('var.port') },
      responseMode: shape.responseMode,
      subnetIds: this.texts('var.forwarder_subnet_ids'),
      securityGroupIds: [this.text('var.forwarders_group_id')],
      timeout: this.number('var.timeout'),
      memory: this.number('var.memory'),
      reservedConcurrency: this.number('var.reserved_concurrency'),
      debug: this.yesOrNo('var.debug'),
      logRetention: this.number('var.log_retention'),
      power: shape.power ? this.sleep() : undefined,
      allowedCidrs: this.texts('var.allowed_cidrs'),
      requireAuthorization: this.yesOrNo('var.require_authorization'),
      allowPreflight: this.yesOrNo('var.allow_preflight'),
      throttle: { rate: this.number('var.throttle.rate'), burst: this.number('var.throttle.burst') },
      domainName: this.text(hostName),
      zoneId: this.text(zoneId),
      certificateArn: this.text(certificate('arn')),
      dualStack: shape.dualStack,
    });
    this.output('url', 'Where the service is', gateway.url);
    this.output('rest_api_id', 'The REST API', gateway.restApiId);
    this.output('function_name', 'The forwarder', gateway.functionName);
  }

  private sleep() {
    this.inputs.push(
      { name: 'state_url', type: 'string', description: 'Where the power module publishes whether the host sleeps' },
      { name: 'power_function_arn', type: 'string', description: 'The function that wakes the host' },
      {
        name: 'wake',
        type: 'string',
        description: 'Which requests may wake the host: all, those of a browser that opens a page, or none',
        byDefault: 'requests',
        validations: [
          {
            condition: 'contains(["requests", "navigations", "never"], var.wake)',
            message: 'wake is ${jsonencode(var.wake)}; allowed: requests, navigations, never.',
          },
        ],
      },
      {
        name: 'use_needs_credentials',
        type: 'bool',
        description: 'Whether only requests with credentials count as use of the host',
        byDefault: true,
      },
    );
    this.setting('wake_token_hash', 'power.wakeTokenHash');
    this.setting('hold_seconds', 'power.holdSeconds');
    return {
      stateUrl: this.text('var.state_url'),
      functionArn: this.text('var.power_function_arn'),
      // Without a request that may wake there is no line to hand over.
      subscribe: true,
      wake: this.text('var.wake'),
      wakeTokenHash: this.text('var.wake_token_hash == null ? "" : var.wake_token_hash'),
      holdSeconds: this.number('var.hold_seconds'),
      useNeedsCredentials: this.yesOrNo('var.use_needs_credentials'),
    };
  }
}

/** The certificate by itself, which the gateway module calls where none is given. */
export class CertificateModule extends ModuleStack {
  constructor(app: App) {
    super(app, 'gateway/certificate', 'The certificate of the gateway module.');
    this.inputs.push(
      { name: 'host_name', type: 'string', description: 'The host name' },
      { name: 'zone_id', type: 'string', description: 'The public hosted zone' },
    );
    const { certificateArn } = new DomainCertificate(this, 'Default', {
      domainName: this.text('var.host_name'),
      zoneId: this.text('var.zone_id'),
    });
    this.output('arn', 'The certificate, when it is valid', certificateArn);
  }
}
