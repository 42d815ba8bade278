import type { Settings } from '../settings';
import type { Value } from './hcl';

/** What a test passes in for what is another module's. */
export const elsewhere: Readonly<Record<string, Value>> = {
  hosts_group_id: 'sg-0123456789abcdef0',
  forwarders_group_id: 'sg-0123456789abcdef1',
  s3_endpoint_id: 'vpce-0123456789abcdef0',
  snapshot_bucket: 'snapshots-of-ours',
  kibana_url: 'https://kibana.example.com',
  state_url: 'https://state.s3.us-east-1.amazonaws.com/state.json',
  power_function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:power',
  alarm_topic_arn: 'arn:aws:sns:us-east-1:123456789012:alarms',
};

/** How the entries of a list of them begin. */
export const ids: Readonly<Record<string, string>> = {
  node_addresses: '10.42.0.1',
  host_subnet_ids: 'subnet-0123456789abcdef',
  forwarder_subnet_ids: 'subnet-0123456789abcde0',
  data_volume_ids: 'vol-0123456789abcdef',
};

/** What is passed in instead of being made, what then is not there, and what shows that it is used. */
export function existing({ network, host }: Settings): Readonly<Record<string, Existing>> {
  const each = (id: string, count: number) => Array.from({ length: count }, (_, index) => `${id}${index}`);
  return {
    network: {
      input: 'existing_vpc',
      value: {
        vpc_id: 'vpc-0123456789abcdef0',
        host_subnet_ids: each('subnet-0123456789abcdef', network.zones.length),
        forwarder_subnet_ids: each('subnet-0123456789abcde0', network.zones.length),
        s3_endpoint_id: 'vpce-0123456789abcdef0',
        node_addresses: each('10.0.0.1', host.nodes),
      },
      absent: 'module.vpc',
      used: 'output.vpc_id == var.existing_vpc.vpc_id && output.node_addresses[0] == var.existing_vpc.node_addresses[0]',
    },
    storage: {
      input: 'existing_snapshot_bucket',
      value: { name: 'snapshots-of-ours' },
      absent: 'module.bucket',
      used: 'output.snapshot_bucket == var.existing_snapshot_bucket.name',
    },
    gateway: {
      input: 'existing_certificate',
      value: { arn: 'arn:aws:acm:us-east-1:123456789012:certificate/0123' },
      absent: 'module.certificate',
      used: 'aws_api_gateway_domain_name.domain_name.regional_certificate_arn == var.existing_certificate.arn',
    },
  };
}

interface Existing {
  readonly input: string;
  readonly value: Value;
  readonly absent: string;
  readonly used: string;
}
