import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { Route } from '@cdktf/provider-aws/lib/route';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { Construct } from 'constructs';
import { acceptFindings, publicHosts } from './accepted-findings';
import { AddressPlan } from './address-plan';

export interface PrivateNetworkProps {
  /** Name tags begin with it. */
  readonly name: string;
  /** The VPC's IPv4 block, /16 to /24. */
  readonly cidr: string;
  /** Availability zones in order, two or three. How many there are is fixed at synth. */
  readonly zones: readonly string[];
  /** The region, for the name of the S3 endpoint's service. */
  readonly region: string;
}

/** A VPC, by what others have to know of it. */
export interface NetworkAttributes {
  readonly vpcId: string;
  /** One a zone, in the order of the zones. */
  readonly hostSubnetIds: readonly string[];
  /** One a zone, in the order of the zones. */
  readonly forwarderSubnetIds: readonly string[];
  /** The gateway endpoint through which S3 is reached. */
  readonly s3EndpointId: string;
}

/**
 * A VPC with, in each zone, a public subnet that only hosts use (their addresses are fixed, so nothing else may take one) and a
 * subnet for forwarders that has no route to the internet. No NAT gateway: hosts have a public address while they run. S3 is
 * reached through a gateway endpoint, which is free.
 */
export class PrivateNetwork extends Construct implements NetworkAttributes {
  readonly vpcId: string;
  readonly hostSubnetIds: readonly string[];
  readonly forwarderSubnetIds: readonly string[];
  readonly s3EndpointId: string;

  constructor(scope: Construct, id: string, props: PrivateNetworkProps) {
    super(scope, id);
    const plan = new AddressPlan(props.cidr);
    const vpc = new Vpc(this, 'vpc', {
      cidrBlock: props.cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: props.name },
    });
    acceptFindings(vpc, {
      CKV2_AWS_11:
        'flow logs cost by size and show what the security groups say already: forwarders to hosts, hosts to HTTPS, DNS and NTP',
    });
    this.vpcId = vpc.id;
    // The VPC's default group lets its members talk to each other; without rules it is of no use to anybody.
    new DefaultSecurityGroup(this, 'default-security-group', { vpcId: vpc.id, tags: { Name: `${props.name}-unused` } });

    const gateway = new InternetGateway(this, 'internet-gateway', { vpcId: vpc.id, tags: { Name: props.name } });
    const hostRoutes = new RouteTable(this, 'host-routes', { vpcId: vpc.id, tags: { Name: `${props.name}-hosts` } });
    new Route(this, 'internet', {
      routeTableId: hostRoutes.id,
      destinationCidrBlock: '0.0.0.0/0',
      gatewayId: gateway.id,
    });
    const forwarderRoutes = new RouteTable(this, 'forwarder-routes', {
      vpcId: vpc.id,
      tags: { Name: `${props.name}-forwarders` },
    });

    const subnets = (kind: 'host' | 'forwarder', routes: RouteTable, cidrOf: (zone: number) => string) =>
      props.zones.map((zone, index) => {
        const subnet = new Subnet(this, `${kind}-subnet-${index}`, {
          vpcId: vpc.id,
          availabilityZone: zone,
          cidrBlock: cidrOf(index),
          mapPublicIpOnLaunch: kind === 'host',
          tags: { Name: `${props.name}-${kind}s-${index}` },
        });
        if (kind === 'host') acceptFindings(subnet, { CKV_AWS_130: publicHosts });
        new RouteTableAssociation(this, `${kind}-subnet-${index}-routes`, {
          subnetId: subnet.id,
          routeTableId: routes.id,
        });
        return subnet.id;
      });
    this.hostSubnetIds = subnets('host', hostRoutes, (zone) => plan.hostSubnet(zone));
    this.forwarderSubnetIds = subnets('forwarder', forwarderRoutes, (zone) => plan.forwarderSubnet(zone));

    const endpoint = new VpcEndpoint(this, 's3-endpoint', {
      vpcId: vpc.id,
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${props.region}.s3`,
      routeTableIds: [hostRoutes.id, forwarderRoutes.id],
      tags: { Name: `${props.name}-s3` },
    });
    this.s3EndpointId = endpoint.id;
  }
}
