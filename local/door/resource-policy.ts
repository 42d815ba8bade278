import { BlockList, isIPv6 } from 'node:net';

/** A resource policy, as far as an address list needs it. Made by {@link readPolicy}, which refuses the rest. */
export interface PolicyDocument {
  readonly statements: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly resources: readonly string[];
  readonly conditions: readonly AddressCondition[];
}

interface AddressCondition {
  readonly operator: 'IpAddress' | 'NotIpAddress';
  readonly cidrs: readonly string[];
}

export type Verdict = 'allowed' | 'denied' | 'explicitly denied';

/**
 * Reads a policy's JSON.
 *
 * @throws for what is not understood: a condition that went unheeded would open a door that is closed in AWS.
 */
export function readPolicy(json: string): PolicyDocument {
  const { Statement } = JSON.parse(json) as { Statement: RawStatement | RawStatement[] };
  return { statements: several(Statement).map(readStatement) };
}

type RawStatement = Record<string, unknown> & { Condition?: Record<string, Record<string, string | string[]>> };

function readStatement(raw: RawStatement): PolicyStatement {
  const { Effect, Principal, Action, Resource, Condition = {}, Sid: _, ...others } = raw;
  const unknown = Object.keys(others);
  if (unknown.length > 0)
    throw new Error(`the resource policy has ${unknown.join(', ')}, which is not understood here`);
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error(`the resource policy has the effect ${Effect}`);
  const everybody = Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS === '*';
  if (!everybody) throw new Error('the resource policy names a principal; only * is understood here');
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => readCondition(operator, key, several(values))),
  );
  const concerns = several(Action as string | string[]).some((action) => wildcard(action).test('execute-api:Invoke'));
  return { effect: Effect, resources: concerns ? several(Resource as string | string[]) : [], conditions };
}

function readCondition(operator: string, key: string, cidrs: string[]): AddressCondition {
  if ((operator !== 'IpAddress' && operator !== 'NotIpAddress') || key.toLowerCase() !== 'aws:sourceip') {
    throw new Error(`the resource policy has the condition ${operator} on ${key}, which is not understood here`);
  }
  return { operator, cidrs };
}

/** What a policy says to an address that wants something of an API. A denial beats any permission; silence denies. */
export function evaluatePolicy(policy: PolicyDocument | undefined, address: string, methodArn: string): Verdict {
  if (policy === undefined) return 'allowed';
  const applying = policy.statements.filter(
    ({ resources, conditions }) =>
      resources.some((resource) => coversResource(resource, methodArn)) &&
      conditions.every(({ operator, cidrs }) => (operator === 'IpAddress') === isWithin(address, cidrs)),
  );
  if (applying.some(({ effect }) => effect === 'Deny')) return 'explicitly denied';
  return applying.length > 0 ? 'allowed' : 'denied';
}

/** Whether an address lies in one of the blocks. An address without a length is a block of one. */
export function isWithin(address: string, cidrs: readonly string[]): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  // Blocks of the other kind are left out: to a BlockList an IPv4 address also lies in ::/0.
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', length = isIPv6(network) ? '128' : '32'] = cidr.split('/');
    if (isIPv6(network) === (family === 'ipv6')) list.addSubnet(network, Number(length), family);
  }
  return list.check(address, family);
}

/** `execute-api:/stage/…` is short for this API's own ARN. */
function coversResource(resource: string, methodArn: string): boolean {
  const [, , , , , ownPath = ''] = methodArn.split(':');
  const short = resource.startsWith('execute-api:/');
  return wildcard(short ? resource.slice('execute-api:/'.length) : resource).test(
    short ? ownPath.slice(ownPath.indexOf('/') + 1) : methodArn,
  );
}

function wildcard(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${text}$`, 'is');
}

const several = <Value>(value: Value | Value[]): Value[] => (Array.isArray(value) ? value : [value]);
