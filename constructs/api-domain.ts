import { ApiGatewayBasePathMapping } from '@cdktf/provider-aws/lib/api-gateway-base-path-mapping';
import { ApiGatewayDomainName } from '@cdktf/provider-aws/lib/api-gateway-domain-name';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record';
import { Construct } from 'constructs';
import { DomainCertificate } from './domain-certificate';

export interface ApiDomainProps {
  /** The host name, such as `search.example.com`. */
  readonly domainName: string;
  /** The public hosted zone that holds it. */
  readonly zoneId: string;
  readonly restApiId: string;
  readonly stageName: string;
  /** ARN of a valid certificate of ACM in this region. Whether it is given is fixed at synth. @default one is made */
  readonly certificateArn?: string;
  /** Reachable over IPv6 too. Fixed at synth. @default false */
  readonly dualStack?: boolean;
}

/** A host name for a REST API: its certificate, the mapping, and the records that point to it. */
export class ApiDomain extends Construct {
  /** `https://` and the host name. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ApiDomainProps) {
    super(scope, id);
    const { domainName, zoneId } = props;
    const certificateArn =
      props.certificateArn ?? new DomainCertificate(this, 'Default', { domainName, zoneId }).certificateArn;
    const domain = new ApiGatewayDomainName(this, 'name', {
      domainName: props.domainName,
      regionalCertificateArn: certificateArn,
      securityPolicy: 'TLS_1_2',
      endpointConfiguration: { types: ['REGIONAL'], ipAddressType: props.dualStack === true ? 'dualstack' : 'ipv4' },
    });
    new ApiGatewayBasePathMapping(this, 'mapping', {
      apiId: props.restApiId,
      stageName: props.stageName,
      domainName: domain.domainName,
    });
    for (const type of props.dualStack === true ? ['A', 'AAAA'] : ['A']) {
      new Route53Record(this, `${type.toLowerCase()}-record`, {
        zoneId: props.zoneId,
        name: props.domainName,
        type,
        alias: {
          name: domain.regionalDomainName,
          zoneId: domain.regionalZoneId,
          evaluateTargetHealth: false,
        },
      });
    }
    this.url = `https://${props.domainName}`;
  }
}
