import { parse } from 'yaml';
import { isWorld } from './address-blocks';
import { namesSomebody } from './condition-values';
import { blocks, isRecord } from './plan';

/** Condition keys that say who asks or on whose behalf. A condition on anything else leaves a policy open. */
const narrowingKeys =
  /^(?:aws:(?:SourceArn|SourceAccount|SourceOrgID|SourceOrgPaths|SourceVpc|SourceVpce|SourceIp|VpcSourceIp|PrincipalArn|PrincipalAccount|PrincipalOrgID|PrincipalOrgPaths|userid|username)|kms:CallerAccount|s3:DataAccessPointAccount|lambda:FunctionUrlAuthType|sts:ExternalId)$/i;
/** Claims of identity providers that name one repository, project or subject. */
const federatedKeys = /:(?:sub|aud|repository|repository_id|job_workflow_ref|project_id|email)$/i;

/** Operators that compare for equality. Negated ones, …IfExists, Null and ForAllValues let an absent key through. */
const narrowingOperators =
  /^(?:ForAnyValue:)?(?:String(?:Equals|EqualsIgnoreCase|Like)|Arn(?:Equals|Like)|IpAddress)$/i;

/** Something that a policy lets everybody do. */
export interface Opening {
  /** In the words of a review. */
  readonly text: string;
  /** The same for the same opening, however it is written down. */
  readonly identity: string;
}

/**
 * What the policies among a resource's values open to everybody. A policy is whatever parses to statements with principals,
 * whatever its attribute is called and however deep it stands; an identity's own policy has no principals and opens nothing.
 */
export function openPolicies(values: unknown): Opening[] {
  if (!isRecord(values)) return [];
  const policies = Object.entries(values).flatMap(([attribute, value]) =>
    policiesIn(value).map((policy) => ({ attribute, policy })),
  );
  return policies.flatMap(({ attribute, policy }) =>
    policy.flatMap((statement) => {
      const who = everybody(statement);
      if (who === undefined || policy.some((other) => refusesOthers(other, statement))) return [];
      const actions = [statement.Action ?? `all but ${String(statement.NotAction)}`].flat().map(String).sort();
      const ranges = worldRanges(statement.Condition);
      const text = `lets ${who} do ${actions.join(', ')} by \`${attribute}\`${ranges === '' ? '' : ` (from ${ranges})`}`;
      const resources = [statement.Resource ?? { not: statement.NotResource }].flat();
      return [{ text, identity: JSON.stringify([text, resources.map((each) => JSON.stringify(each)).sort()]) }];
    }),
  );
}

/** Grants of everything on everything: no door to the world, but worth a word. */
export function grantsEverything(type: string, values: unknown): boolean {
  if (!isRecord(values)) return false;
  if (/_policy_attachment$/.test(type))
    return /:policy\/(?:AdministratorAccess|IAMFullAccess)$/.test(String(values.policy_arn));
  return policiesIn(values)
    .flat()
    .some(
      ({ Effect, Action, Resource, Principal }) =>
        Effect === 'Allow' &&
        Principal === undefined &&
        [Action].flat().includes('*') &&
        [Resource].flat().includes('*'),
    );
}

type Statement = Record<string, unknown>;

/** The statements of each policy in a value: a text that is one, or a document or block that has some in it. */
function policiesIn(value: unknown): Statement[][] {
  if (typeof value === 'string') {
    const document = value.includes('Statement') ? parsed(value) : undefined;
    return typeof document === 'string' ? [] : policiesIn(document);
  }
  if (Array.isArray(value)) return value.flatMap(policiesIn);
  if (!isRecord(value)) return [];
  const { Statement, ...others } = value;
  const own = blocks(Statement);
  return [...(own.length === 0 ? [] : [own]), ...Object.values(others).flatMap(policiesIn)];
}

function parsed(text: string): unknown {
  try {
    // The description of a REST API may be YAML.
    return text.includes('x-amazon-apigateway-policy') ? parse(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Operators that hold for whoever is not named. */
const excludingOperators = /^(?:NotIpAddress|(?:String|Arn)Not(?:Equals|EqualsIgnoreCase|Like))$/i;

/** Whether a refusal leaves of what a statement allows only what is for somebody who is named: AWS's own way to list addresses. */
function refusesOthers({ Effect, Principal, Action, Resource, Condition }: Statement, allowed: Statement): boolean {
  const covers = (wider: unknown, narrower: unknown) => {
    const patterns = [wider].flat();
    return patterns.includes('*') || [narrower].flat().every((each) => patterns.includes(each));
  };
  if (
    Effect !== 'Deny' ||
    !isEveryone(Principal) ||
    !covers(Action, allowed.Action) ||
    !covers(Resource, allowed.Resource)
  )
    return false;
  // All conditions have to hold, so a second one would let others through.
  const tests = Object.entries(isRecord(Condition) ? Condition : {}).flatMap(([operator, keys]) =>
    Object.entries(isRecord(keys) ? keys : {}).map(([key, values]) => ({ operator, key, values })),
  );
  const [only] = tests;
  return (
    only !== undefined &&
    tests.length === 1 &&
    excludingOperators.test(only.operator) &&
    narrowingKeys.test(only.key) &&
    [only.values].flat().every((value) => namesSomebody(only.key, value))
  );
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
  return isEveryone(Principal) && !narrowed(Condition, narrowingKeys) ? 'everybody' : undefined;
}

function isEveryone(principal: unknown): boolean {
  return principal === '*' || (isRecord(principal) && [principal.AWS].flat().includes('*'));
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
          [values].flat().every((value) => namesSomebody(key, value)),
      ),
  );
}

function worldRanges(condition: unknown): string {
  if (!isRecord(condition)) return '';
  const values = Object.values(condition).flatMap((tests) => (isRecord(tests) ? Object.values(tests).flat() : []));
  return values.filter(isWorld).join(', ');
}
