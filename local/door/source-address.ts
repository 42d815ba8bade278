import { evaluatePolicy, type PolicyDocument } from './resource-policy';

/** Addresses for documentation (RFC 5737, RFC 3849): nobody's. */
const strangers = ['192.0.2.66', '198.51.100.66', '203.0.113.66', '2001:db8:6666::66'];

/** What the loopback's addresses stand for, since no packet comes from the allowed blocks on one's own machine. */
export interface StandIns {
  /** What 127.0.0.1 stands for: the first address that the policy allows. */
  readonly allowed: string;
  /** What any other peer stands for: an address that the policy refuses, where there is one. */
  readonly stranger: string;
}

/** @throws where the policy lets nobody in. */
export function standIns(policy: PolicyDocument | undefined, methodArn: string): StandIns {
  const isAllowed = (address: string) => evaluatePolicy(policy, address, methodArn) === 'allowed';
  const cidrs = (policy?.statements ?? []).flatMap(({ conditions }) => conditions.flatMap((each) => each.cidrs));
  const candidates = cidrs.flatMap((cidr) => firstAddresses(cidr));
  const allowed = [...candidates, '198.51.100.1', '2001:db8::1'].find(isAllowed);
  if (allowed === undefined) throw new Error('the resource policy lets nobody in');
  return { allowed, stranger: strangers.find((address) => !isAllowed(address)) ?? '192.0.2.66' };
}

/** Whom the peer of a connection stands for. */
export function sourceAddress({ allowed, stranger }: StandIns, peer: string | undefined): string {
  return peer === '127.0.0.1' || peer === '::ffff:127.0.0.1' ? allowed : stranger;
}

/** The first address of a block that a machine can have. The block of all addresses begins with none. */
function firstAddresses(cidr: string): string[] {
  const [network = '', length] = cidr.split('/');
  if (length === '0') return [];
  if (network.includes(':')) return network.endsWith('::') ? [`${network}1`, network] : [network];
  const next = network.replace(/\d+$/, (last) => `${Number(last) + 1}`);
  return network.endsWith('.0') ? [next, network] : [network];
}
