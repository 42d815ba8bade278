import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings';

export interface DoorSecurityGroupsProps {
  /** Group names begin with it. */
  readonly name: string;
  readonly vpcId: string;
  /** The services behind the doors. How many there are is fixed at synth. */
  readonly services: readonly {
    /** Part of the rules' addresses. Fixed at synth. */
    readonly name: string;
    readonly port: number;
  }[];
  /** Whether hosts talk to each other, as the nodes of a cluster do. Fixed at synth. @default false */
  readonly clustered?: boolean;
}

/** Where Elasticsearch's nodes talk to each other. */
const transportPort = 9300;

/**
 * Two security groups: forwarders may reach hosts on the services' ports and nothing else; hosts accept just that, and may go
 * out to HTTPS, DNS and NTP; those of a cluster reach each other on the transport's port. Each rule is a resource of its own, so that adding a service changes no other rule.
 */
export class DoorSecurityGroups extends Construct {
  readonly hostsId: string;
  readonly forwardersId: string;

  constructor(scope: Construct, id: string, props: DoorSecurityGroupsProps) {
    super(scope, id);
    const hosts = new SecurityGroup(this, 'hosts', {
      name: `${props.name}-hosts`,
      description: 'Hosts: reached by forwarders on the ports of the services, by nobody else',
      vpcId: props.vpcId,
      tags: { Name: `${props.name}-hosts` },
    });
    const forwarders = new SecurityGroup(this, 'forwarders', {
      name: `${props.name}-forwarders`,
      description: 'Forwarders: reach hosts on the ports of the services, nothing else',
      vpcId: props.vpcId,
      tags: { Name: `${props.name}-forwarders` },
    });
    for (const group of [hosts, forwarders]) {
      acceptFindings(group, {
        CKV2_AWS_5: 'it is attached where hosts and functions are made, which a look at one configuration does not see',
      });
    }
    this.hostsId = hosts.id;
    this.forwardersId = forwarders.id;

    for (const { name, port } of props.services) {
      const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port };
      new VpcSecurityGroupIngressRule(this, `hosts-from-forwarders-${name}`, {
        ...rule,
        securityGroupId: hosts.id,
        referencedSecurityGroupId: forwarders.id,
        description: `${name} from forwarders`,
      });
      new VpcSecurityGroupEgressRule(this, `forwarders-to-hosts-${name}`, {
        ...rule,
        securityGroupId: forwarders.id,
        referencedSecurityGroupId: hosts.id,
        description: `${name} on hosts`,
      });
    }
    if (props.clustered) {
      const rule = {
        ipProtocol: 'tcp',
        fromPort: transportPort,
        toPort: transportPort,
        securityGroupId: hosts.id,
        referencedSecurityGroupId: hosts.id,
      };
      new VpcSecurityGroupIngressRule(this, 'hosts-from-hosts', { ...rule, description: 'transport from other nodes' });
      new VpcSecurityGroupEgressRule(this, 'hosts-to-hosts', { ...rule, description: 'transport on other nodes' });
    }
    for (const [purpose, ipProtocol, port] of [
      ['https', 'tcp', 443],
      ['dns', 'udp', 53],
      ['dns-tcp', 'tcp', 53],
      ['ntp', 'udp', 123],
    ] as const) {
      new VpcSecurityGroupEgressRule(this, `hosts-to-${purpose}`, {
        securityGroupId: hosts.id,
        ipProtocol,
        fromPort: port,
        toPort: port,
        cidrIpv4: '0.0.0.0/0',
        description: `${purpose} anywhere: packages, Systems Manager, S3, time`,
      });
    }
  }
}
