import { configuredArguments, isConfigured, moduleOf, referencesTo } from './configuration';
import { entry, isRecord, type Plan, type ResourceChange } from './plan';

/** Attributes that hold a resource's policy. Identity policies and those of endpoints in a VPC open nothing to the world. */
const policyAttributes = ['policy', 'assume_role_policy', 'access_policy', 'access_policies', 'policy_document'];
const harmlessTypes =
  /^aws_(?:iam_(?:policy|role_policy|user_policy|group_policy)|vpc_endpoint|vpc_endpoint_policy|organizations_policy|iot_policy)$/;

/** What only the apply will tell, and might open something to everybody: nobody can judge it, so it is refused. */
export function unreadable(resource: ResourceChange, plan: Plan): string[] {
  const policy = unreadablePolicy(resource, plan);
  return [
    ...(policy === undefined ? [] : [`has a \`${policy}\` that nobody can judge before it is applied`]),
    ...(unreadableRule(resource, plan) ? ['lets in whom only the apply will tell'] : []),
  ];
}

/**
 * The attribute whose policy is configured but only known after the apply. A bucket's policy does not count where the same plan (or
 * an earlier apply) has the bucket refuse public policies: AWS then stops it.
 */
function unreadablePolicy(resource: ResourceChange, plan: Plan): string | undefined {
  const { type, change } = resource;
  if (!type.startsWith('aws_') || harmlessTypes.test(type) || !isRecord(change.after_unknown)) return undefined;
  const unknown = change.after_unknown;
  const attribute = policyAttributes.find(
    (name) => unknown[name] === true && isConfigured(resource.address, name, plan),
  );
  if (attribute === undefined || (type === 'aws_s3_bucket_policy' && publicPoliciesBlocked(resource, plan)))
    return undefined;
  return attribute;
}

function unreadableRule(resource: ResourceChange, plan: Plan): boolean {
  const { type, change } = resource;
  const unknown = change.after_unknown;
  switch (type) {
    case 'aws_vpc_security_group_ingress_rule':
      return hasUnknownBlock(unknown);
    case 'aws_security_group_rule':
      return entry(change.after, 'type') === 'ingress' && hasUnknownBlock(unknown);
    case 'aws_security_group':
    case 'aws_default_security_group': {
      const rules = entry(unknown, 'ingress');
      if (rules === true) return isConfigured(resource.address, 'ingress', plan);
      return Array.isArray(rules) && rules.some(hasUnknownBlock);
    }
    default:
      return false;
  }
}

function hasUnknownBlock(unknown: unknown): boolean {
  return ['cidr_ipv4', 'cidr_ipv6', 'cidr_blocks', 'ipv6_cidr_blocks'].some((attribute) =>
    [entry(unknown, attribute)].flat().includes(true),
  );
}

function publicPoliciesBlocked(policy: ResourceChange, plan: Plan): boolean {
  const bucketOf = (address: string) => referencesTo('aws_s3_bucket', configuredArguments(address, plan)?.bucket);
  const bucket = bucketOf(policy.address);
  return plan.resource_changes.some(
    ({ type, address, change }) =>
      type === 'aws_s3_bucket_public_access_block' &&
      isRecord(change.after) &&
      change.after.block_public_policy === true &&
      change.after.restrict_public_buckets === true &&
      moduleOf(address) === moduleOf(policy.address) &&
      bucketOf(address).some((each) => bucket.includes(each)),
  );
}
