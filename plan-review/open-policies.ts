import { isWorld } from './open-ports';
import { isRecord, type Plan, type ResourceChange } from './plan';

/** Condition keys that say who asks or on whose behalf. A condition on anything else leaves a policy open. */
const narrowingKeys =
  /^(?:aws:(?:SourceArn|SourceAccount|SourceOrgID|SourceOrgPaths|SourceVpc|SourceVpce|SourceIp|VpcSourceIp|PrincipalArn|PrincipalAccount|PrincipalOrgID|PrincipalOrgPaths|userid|username)|kms:CallerAccount|s3:DataAccessPointAccount|lambda:FunctionUrlAuthType|sts:ExternalId)$/i;
/** Claims of identity providers that name one repository, project or subject. */
const federatedKeys = /:(?:sub|aud|repository|repository_id|job_workflow_ref|project_id|email)$/i;

/** Operators that compare for equality. Negated ones, …IfExists, Null and ForAllValues let an absent key through. */
const narrowingOperators =
  /^(?:ForAnyValue:)?(?:String(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Equals|Like)|IpAddress)$/i;

/**
 * What the policies among a resource's values open to everybody. A policy is any text that parses to statements with principals,
 * whatever its attribute is called; an identity's own policy has no principals and opens nothing.
 */
export function openPolicies(values: unknown): string[] {
  if (!isRecord(values)) return [];
  return Object.entries(values).flatMap(([attribute, value]) =>
    statements(value).flatMap((statement) => {
      const who = everybody(statement);
      if (who === undefined) return [];
      const actions = [statement.Action ?? `all but ${String(statement.NotAction)}`].flat().join(', ');
      const ranges = worldRanges(statement.Condition);
      return [`lets ${who} do ${actions} by \`${attribute}\`${ranges === '' ? '' : ` (from ${ranges})`}`];
    }),
  );
}

/** Grants of everything on everything: no door to the world, but worth a word. */
export function grantsEverything(type: string, values: unknown): boolean {
  if (!isRecord(values)) return false;
  if (/_policy_attachment$/.test(type))
    return /:policy\/(?:AdministratorAccess|IAMFullAccess)$/.test(String(values.policy_arn));
  return Object.values(values).some((value) =>
    statements(value).some(
      ({ Effect, Action, Resource, Principal }) =>
        Effect === 'Allow' &&
        Principal === undefined &&
        [Action].flat().includes('*') &&
        [Resource].flat().includes('*'),
    ),
  );
}

/** Attributes that hold a resource's policy. Identity policies and those of endpoints in a VPC open nothing to the world. */
const policyAttributes = ['policy', 'assume_role_policy', 'access_policy', 'access_policies', 'policy_document'];
const harmlessTypes =
  /^aws_(?:iam_(?:policy|role_policy|user_policy|group_policy)|vpc_endpoint|vpc_endpoint_policy|organizations_policy|iot_policy)$/;

/**
 * The attribute whose policy is configured but only known after the apply, so that nobody can judge it yet. A bucket's policy does
 * not count where the same plan (or an earlier apply) has the bucket refuse public policies: AWS then stops it.
 */
export function unreadablePolicy(resource: ResourceChange, plan: Plan): string | undefined {
  const { type, change } = resource;
  if (!type.startsWith('aws_') || harmlessTypes.test(type) || !isRecord(change.after_unknown)) return undefined;
  const unknown = change.after_unknown;
  const attribute = policyAttributes.find((name) => unknown[name] === true && isConfigured(resource, name, plan));
  if (attribute === undefined || (type === 'aws_s3_bucket_policy' && publicPoliciesBlocked(resource, plan)))
    return undefined;
  return attribute;
}

/** A computed attribute that nobody configured is the provider's to fill, and its default opens nothing. */
function isConfigured({ address }: ResourceChange, attribute: string, plan: Plan): boolean {
  const configured = configuration(address, plan);
  // A resource in a module is not looked up: better one question too many.
  return configured === undefined || configured[attribute] !== undefined;
}

function publicPoliciesBlocked(policy: ResourceChange, plan: Plan): boolean {
  const bucket = references(configuration(policy.address, plan)?.bucket);
  return plan.resource_changes.some(
    ({ type, address, change }) =>
      type === 'aws_s3_bucket_public_access_block' &&
      isRecord(change.after) &&
      change.after.block_public_policy === true &&
      change.after.restrict_public_buckets === true &&
      references(configuration(address, plan)?.bucket).some((each) => bucket.includes(each)),
  );
}

function configuration(address: string, plan: Plan): Record<string, unknown> | undefined {
  const plain = address.replace(/\[[^\]]*\]$/, '');
  return plan.configuration?.root_module?.resources.find((each) => each.address === plain)?.expressions;
}

/** Which resources an expression refers to: Terraform lists `aws_s3_bucket.x.id` and `aws_s3_bucket.x`. */
function references(expression: unknown): string[] {
  const found = isRecord(expression) ? expression.references : undefined;
  return Array.isArray(found)
    ? found.filter((each): each is string => /^aws_s3_bucket\.[^.]+$/.test(String(each)))
    : [];
}

type Statement = Record<string, unknown>;

function statements(text: unknown): Statement[] {
  if (typeof text !== 'string' || !text.includes('"Statement"')) return [];
  try {
    const { Statement } = JSON.parse(text) as { Statement?: unknown };
    return [Statement].flat().filter(isRecord);
  } catch {
    return [];
  }
}

/** Who is let in, where that is everybody; undefined where the statement names somebody. */
function everybody({ Effect, Principal, NotPrincipal, Condition, Action }: Statement): string | undefined {
  if (Effect !== 'Allow') return undefined;
  if (NotPrincipal !== undefined) return 'everybody but a few';
  if (
    isRecord(Principal) &&
    Principal.Federated !== undefined &&
    [Action].flat().some((each) => /^sts:/i.test(String(each)))
  ) {
    return narrowed(Condition, federatedKeys, [
      'sub',
      'repository',
      'repository_id',
      'job_workflow_ref',
      'project_id',
      'email',
    ])
      ? undefined
      : 'everybody with an account at the identity provider';
  }
  const named = Principal === '*' ? ['*'] : isRecord(Principal) ? [Principal.AWS].flat() : [];
  return named.includes('*') && !narrowed(Condition, narrowingKeys) ? 'everybody' : undefined;
}

/** Whether a statement's conditions name somebody: one narrowing key is enough, since all conditions must hold. */
function narrowed(condition: unknown, keys: RegExp, claims?: readonly string[]): boolean {
  if (!isRecord(condition)) return false;
  return Object.entries(condition).some(
    ([operator, tests]) =>
      narrowingOperators.test(operator) &&
      isRecord(tests) &&
      Object.entries(tests).some(
        ([key, values]) =>
          keys.test(key) &&
          // The audience is the same for everybody at an identity provider; Google's and Cognito's name a client.
          (claims === undefined ||
            claims.some((claim) => key.toLowerCase().endsWith(`:${claim}`)) ||
            /google|cognito/.test(key)) &&
          [values].flat().every((value) => !isAnything(value)),
      ),
  );
}

/** Whether a condition's value matches everything, or a whole block of the internet. */
function isAnything(value: unknown): boolean {
  return typeof value !== 'string' || /^[*?]/.test(value) || /^repo:[*?]/.test(value) || isWorld(value);
}

function worldRanges(condition: unknown): string {
  if (!isRecord(condition)) return '';
  const values = Object.values(condition).flatMap((tests) => (isRecord(tests) ? Object.values(tests).flat() : []));
  return values.filter(isWorld).join(', ');
}
