import { evaluatePolicy, isWithin } from '../../../local/door/resource-policy';
import { standIns } from '../../../local/door/source-address';
import { allow, policyOf } from './gateway';

const arn = 'arn:aws:execute-api:us-east-1:123456789012:abcdef1234/live/GET/index/_doc/1';
const deny = (condition?: object, Resource = '*') => ({
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 'execute-api:*',
  Resource,
  ...(condition && { Condition: condition }),
});

describe('a resource policy', () => {
  it.each([
    ['203.0.113.0', ['203.0.113.0/24'], true],
    ['203.0.113.255', ['203.0.113.0/24'], true],
    ['203.0.114.0', ['203.0.113.0/24'], false],
    ['198.51.100.7', ['203.0.113.0/24', '198.51.100.7'], true],
    ['198.51.100.8', ['198.51.100.7/32'], false],
    ['192.0.2.1', ['0.0.0.0/0'], true],
    ['2001:db8::1', ['0.0.0.0/0'], false],
    ['2001:db8:0:1::5', ['2001:db8::/32'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['192.0.2.1', ['::/0'], false],
  ])('finds %s within %j: %s', (address, cidrs, within) => {
    expect(isWithin(address, cidrs)).toBe(within);
  });

  it('allows whom it names, denies whom it does not, and denies explicitly above all', () => {
    const policy = policyOf(allow('203.0.113.0/24'), deny({ IpAddress: { 'aws:sourceip': '203.0.113.66' } }));
    expect(evaluatePolicy(policy, '203.0.113.1', arn)).toBe('allowed');
    expect(evaluatePolicy(policy, '192.0.2.1', arn)).toBe('denied');
    expect(evaluatePolicy(policy, '203.0.113.66', arn)).toBe('explicitly denied');
    expect(evaluatePolicy(undefined, '192.0.2.1', arn)).toBe('allowed');
  });

  it('may deny all but some addresses', () => {
    const everybody = { Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: '*' };
    const policy = policyOf(everybody, deny({ NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } }));
    expect(evaluatePolicy(policy, '203.0.113.1', arn)).toBe('allowed');
    expect(evaluatePolicy(policy, '192.0.2.1', arn)).toBe('explicitly denied');
    expect(standIns(policy, arn).stranger).toBe('192.0.2.66');
  });

  it.each([
    ['*', true],
    ['execute-api:/*', true],
    ['execute-api:/live/GET/*', true],
    ['execute-api:/live/POST/*', false],
    ['arn:aws:execute-api:us-east-1:123456789012:abcdef1234/*', true],
    ['arn:aws:execute-api:*:*:other/*', false],
  ])('for %s concerns this request: %s', (resource, concerned) => {
    const policy = policyOf({ ...allow('203.0.113.0/24'), Resource: resource });
    expect(evaluatePolicy(policy, '203.0.113.1', arn)).toBe(concerned ? 'allowed' : 'denied');
  });

  it.each([
    ['another condition', { ...allow('203.0.113.0/24'), Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }],
    ['a principal', { ...allow('203.0.113.0/24'), Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
    ['NotAction', { ...allow('203.0.113.0/24'), NotAction: 'x' }],
  ])('with %s is not understood, and that is said', (_what, statement) => {
    expect(() => policyOf(statement)).toThrow('the resource policy');
  });

  it.each([
    ['a block', allow('203.0.113.0/24'), '203.0.113.1'],
    ['one address', allow('198.51.100.7/32'), '198.51.100.7'],
    ['the whole internet', allow('0.0.0.0/0', '::/0'), '198.51.100.1'],
    ['an IPv6 block', allow('2001:db8::/32'), '2001:db8::1'],
  ])('that allows %s has a first allowed address', (_what, statement, address) => {
    expect(standIns(policyOf(statement), arn).allowed).toBe(address);
  });
});
