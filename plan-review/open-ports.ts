import { entry, isRecord } from './plan';

/** Wider than this and a block of addresses is the world, whatever it is cut into: 0.0.0.0/1 and 128.0.0.0/1 are everybody too. */
const widest = { ipv4: 8, ipv6: 16 };

/** Whether a block in CIDR notation holds so many addresses that it stands for everybody. */
export function isWorld(cidr: unknown): boolean {
  if (typeof cidr !== 'string') return false;
  const prefix = Number(/\/(\d+)$/.exec(cidr)?.[1] ?? Number.NaN);
  return prefix < (cidr.includes(':') ? widest.ipv6 : widest.ipv4);
}

/** A rule in the words of a review, for each rule of a resource that lets everybody in. */
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
    default:
      return openSwitches(type, values);
  }
}

/** Single attributes that put something before everybody. */
function openSwitches(type: string, values: unknown): string[] {
  const said = (attribute: string, open: (value: unknown) => boolean) => {
    const value = entry(values, attribute);
    return open(value) ? [`has \`${attribute}\` ${JSON.stringify(value)}`] : [];
  };
  switch (type) {
    case 'aws_db_instance':
    case 'aws_rds_cluster_instance':
    case 'aws_redshift_cluster':
    case 'aws_dms_replication_instance':
      return said('publicly_accessible', (value) => value === true);
    case 'aws_lambda_function_url':
      return said('authorization_type', (value) => value === 'NONE');
    case 'aws_lambda_permission':
      return ['source_arn', 'source_account', 'principal_org_id'].every((key) => empty(entry(values, key)))
        ? said('principal', (value) => value === '*')
        : [];
    case 'aws_s3_bucket_acl':
      return said('acl', (value) => typeof value === 'string' && /^public-|^authenticated-read$/.test(value));
    case 'aws_s3_bucket_public_access_block':
      return ['block_public_acls', 'block_public_policy', 'ignore_public_acls', 'restrict_public_buckets'].flatMap(
        (attribute) => said(attribute, (value) => value === false),
      );
    default:
      return [];
  }
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

function empty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
