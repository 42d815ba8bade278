import { isWorld } from './address-blocks';
import { entry, isRecord } from './plan';

/** In the words of a review, each rule of a resource that lets everybody in. */
export function openPorts(type: string, values: unknown): string[] {
  switch (type) {
    case 'aws_security_group':
    case 'aws_default_security_group': {
      const rules = entry(values, 'ingress');
      return Array.isArray(rules) ? rules.flatMap((rule) => describeRule(rule, 'protocol')) : [];
    }
    case 'aws_security_group_rule':
      return entry(values, 'type') === 'ingress' ? describeRule(values, 'protocol') : [];
    case 'aws_vpc_security_group_ingress_rule':
      return describeRule(values, 'ip_protocol');
    case 'google_compute_firewall':
      return entry(values, 'direction') !== 'EGRESS' && list(entry(values, 'source_ranges')).some(isWorld)
        ? [`lets in ${list(entry(values, 'source_ranges')).filter(isWorld).join(', ')}`]
        : [];
    case 'azurerm_network_security_rule':
      return entry(values, 'direction') === 'Inbound' &&
        entry(values, 'access') === 'Allow' &&
        list(entry(values, 'source_address_prefix')).some(
          (prefix) => prefix === '*' || prefix === 'Internet' || isWorld(prefix),
        )
        ? [`lets in everybody on ${String(entry(values, 'destination_port_range') ?? 'several ports')}`]
        : [];
    case 'aws_ec2_managed_prefix_list':
      return list(entry(values, 'entry')).flatMap((block) => describePrefix(entry(block, 'cidr')));
    case 'aws_ec2_managed_prefix_list_entry':
      return describePrefix(entry(values, 'cidr'));
    default:
      return [];
  }
}

/** Rules name a list of prefixes by its id, so what it holds is judged where it is made. */
function describePrefix(cidr: unknown): string[] {
  return isWorld(cidr) ? [`holds ${String(cidr)}, and every rule that names it lets that in`] : [];
}

function describeRule(rule: unknown, protocolKey: string): string[] {
  if (!isRecord(rule)) return [];
  const blocks = ['cidr_blocks', 'ipv6_cidr_blocks', 'cidr_ipv4', 'cidr_ipv6'].flatMap((key) => list(rule[key]));
  const world = blocks.filter(isWorld);
  if (world.length === 0) return [];
  const { from_port: from, to_port: to, [protocolKey]: protocol } = rule;
  const ports =
    protocol === '-1'
      ? 'every port'
      : `${String(protocol)} ${from === to ? String(from) : `${String(from)}–${String(to)}`}`;
  return [`opens ${ports} to ${world.join(', ')}`];
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}
