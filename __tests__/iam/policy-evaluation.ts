/** A statement as it stands in a policy's JSON. */
export interface Statement {
  Effect: 'Allow' | 'Deny';
  Principal?: unknown;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** One call of AWS's API, as its authorization sees it. */
export interface Request {
  action: string;
  /** The resource's ARN. @default `*`: an action that knows no resource */
  resource?: string;
  /** Condition keys that are present, such as `aws:ResourceTag/searchgate:name`. */
  context?: Record<string, string>;
}

/**
 * Whether an identity's policies allow a request: some statement allows it and none denies it, in its policies and, where it has
 * one, in its permissions boundary too.
 *
 * It knows what the project's policies use, and throws at anything else, so that it can't agree to what it does not understand.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowed(policies: readonly string[], request: Request, boundary?: string): boolean {
  return allows(policies, request) && (boundary === undefined || allows([boundary], request));
}

function allows(policies: readonly string[], request: Request): boolean {
  const statements = policies.flatMap(statementsOf);
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

/** The statements of a policy, one or many. */
export function statementsOf(policy: string): Statement[] {
  const { Statement } = JSON.parse(policy) as { Statement: Statement | Statement[] };
  return [Statement].flat();
}

function includesAction({ Action = [] }: Statement, action: string): boolean {
  return [Action].flat().some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
}

function applies(statement: Statement, { action, resource = '*', context = {} }: Request): boolean {
  const known = ['Sid', 'Effect', 'Action', 'Resource', 'Condition'];
  const strange = Object.keys(statement).filter((key) => !known.includes(key));
  if (strange.length > 0) throw new Error(`a statement with ${strange.join(', ')} is not understood`);
  const resources = [statement.Resource ?? []].flat();
  return (
    includesAction(statement, action) &&
    resources.some((pattern) => matches(pattern, resource)) &&
    Object.entries(statement.Condition ?? {}).every(([operator, tests]) =>
      Object.entries(tests).every(([key, values]) => holds(operator, [values].flat(), context[key])),
    )
  );
}

/** One test of a condition. A key that is absent fails all but `Null`. */
function holds(operator: string, values: string[], actual: string | undefined): boolean {
  switch (operator) {
    case 'StringEquals':
      return actual !== undefined && values.includes(actual);
    case 'StringLike':
    case 'ArnLike':
      return actual !== undefined && values.some((pattern) => matches(pattern, actual));
    case 'Null':
      return values.includes(`${actual === undefined}`);
    default:
      throw new Error(`the condition operator ${operator} is not understood`);
  }
}

/** `*` stands for any text and `?` for one character. */
export function matches(pattern: string, text: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]');
  return new RegExp(`^${escaped}$`).test(text);
}
