import { isWorld } from './address-blocks';

/** What stands for anything: wildcards, and what a request fills in, other than the account or organization that the policy is in. */
const wildcard = /[*?]|\$\{(?!aws:Resource(?:Account|OrgID)\})/i;

/** What has to stand before the first wildcard, by the key that is tested: the first that fits counts. */
const beginnings: readonly { key: RegExp; names: RegExp }[] = [
  // Whoever has a repository chooses which of its claims make its subject, so only one that begins with the owner says whose it is.
  {
    key: /(?:github|ghe\.com|gitlab).*:sub$/i,
    names: /^(?:repo|repository|job_workflow_ref|project_path):[^:/]+\/|^repository_(?:owner|owner_id|id):[^:]+:/,
  },
  { key: /:(?:repository|job_workflow_ref)$/i, names: /^[^/]+\// },
];
/** More than an id's kind (`vpc-`, `organization:`, `org/`), or an id before which no kind stands: IAM's unique ones, and those in braces. */
const beyondKind = /^\w+[-:|].|^\w+\/[^/]+\/|^[A-Z\d]{12,}|^\{[\da-f-]{36}\}/;

/** Whether a condition's value is met by somebody alone, and not by everybody, a whole block of the internet, or any account. */
export function namesSomebody(key: string, value: unknown): boolean {
  if (typeof value !== 'string' || isWorld(value)) return false;
  const literal = value.split(wildcard, 1)[0] ?? '';
  const beginning = beginnings.find((each) => each.key.test(key));
  // the end of a value ends its last part
  if (beginning !== undefined) return beginning.names.test(literal === value ? `${value}:` : literal);
  return literal === value || (/arn$/i.test(key) ? namesOwner(value) : beyondKind.test(literal));
}

/** An ARN says whose it is by the account, but for S3, whose buckets have names that nobody else's have. */
function namesOwner(arn: string): boolean {
  const [, , service, , account = '', bucket = ''] = arn.split(':');
  return (account !== '' && !wildcard.test(account)) || (service === 's3' && /^[^*?$]/.test(bucket));
}
