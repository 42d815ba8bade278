import { Fn, Token } from 'cdktf';

/** A statement of an IAM or resource policy, in the policy language's own keys. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string | readonly string[];
  /** Absent in a role's trust policy. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * A policy as JSON. It is literal JSON, so that a synthesized stack can be read and reviewed, unless a list in it is only known
 * to Terraform: that one is left to Terraform's `jsonencode`.
 */
export function policyDocument(...statements: PolicyStatement[]): string {
  const document = { Version: '2012-10-17', Statement: statements };
  return holdsListToken(document) ? Fn.jsonencode(document) : JSON.stringify(document);
}

function holdsListToken(value: unknown): boolean {
  if (Array.isArray(value)) return Token.isUnresolved(value) || value.some(holdsListToken);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsListToken);
}

/** The trust policy of a role that an AWS service takes. */
export function serviceTrust(service: string): string {
  return policyDocument({ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' });
}
