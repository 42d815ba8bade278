import type { Route, Throttle } from './model';

/** Method settings of a stage, by method path, as the API and Terraform name them. */
export type MethodSettings = Readonly<Record<string, { rate?: number; burst?: number } | undefined>>;

/** What a validator demands: the parameters marked as required, where it looks at parameters at all. */
export function requiredParameters(
  parameters: Readonly<Record<string, boolean>> | undefined,
  validated: boolean,
): Pick<Route, 'requiredHeaders' | 'requiredQuery'> {
  const named = (prefix: string) =>
    Object.entries(validated ? (parameters ?? {}) : {})
      .filter(([name, required]) => required && name.startsWith(prefix))
      .map(([name]) => name.slice(prefix.length));
  return {
    requiredHeaders: named('method.request.header.'),
    requiredQuery: named('method.request.querystring.'),
  };
}

/** A route's throttling: the method's own, or that of every method. A negative rate is none. */
export function throttleOf(settings: MethodSettings, path: string, method: string): Throttle | undefined {
  const own = Object.entries(settings).find(
    ([key]) => normalized(key) === `${path}/${method}`.replace(/^\/+/, ''),
  )?.[1];
  const { rate, burst } = own ?? settings['*/*'] ?? {};
  return rate === undefined || burst === undefined || rate < 0 || burst < 0 ? undefined : { rate, burst };
}

/** `~1ui~1{proxy+}/GET` and `ui/{proxy+}/GET` are the same. */
const normalized = (key: string) => key.replaceAll('~1', '/').replace(/^\/+/, '');

/** Parses a policy as the API gives it: as JSON, or as JSON whose quotes are escaped once more. */
export function policyJson(policy: string): string {
  return /^\s*\{\s*\\"/.test(policy) ? (JSON.parse(`"${policy}"`) as string) : policy;
}

/** The same routes are always in the same order. */
export function inOrder(routes: readonly Route[]): Route[] {
  const key = ({ path, method }: Route) => `${path} ${method}`;
  return [...routes].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** An environment with changes laid over it; undefined takes a variable away. */
export function laidOver(
  environment: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const entries = Object.entries({ ...environment, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
