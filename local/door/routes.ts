import type { Route } from './model';

/** A route with what its path's variables matched; values are as the client wrote them. */
export interface Match {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

/** What ANY stands for. */
const methods = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/** The route for a method and path: the most particular resource, and on it the method itself before ANY. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  const resources = [...new Set(routes.map((route) => route.path))].sort(byParticularity);
  for (const resource of resources) {
    const pathParameters = matchPath(resource, path);
    if (pathParameters === undefined) continue;
    const here = routes.filter((route) => route.path === resource);
    const route =
      here.find((candidate) => candidate.method === method) ??
      here.find((candidate) => candidate.method === 'ANY' && methods.has(method));
    return route && { route, pathParameters: Object.keys(pathParameters).length === 0 ? null : pathParameters };
  }
  return undefined;
}

function matchPath(resource: string, path: string): Record<string, string> | undefined {
  const wanted = segments(resource);
  const given = segments(path);
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index];
    if (value === undefined) return undefined;
    const [, name, greedy] = /^\{(.+?)(\+?)\}$/.exec(segment) ?? [];
    if (name === undefined) {
      if (segment !== value) return undefined;
    } else if (greedy === '+') {
      parameters[name] = given.slice(index).join('/');
      return parameters;
    } else {
      parameters[name] = value;
    }
  }
  return given.length === wanted.length ? parameters : undefined;
}

/** The root has none. */
const segments = (path: string) => (path === '/' ? [] : path.slice(1).split('/'));

/** Segment by segment: text before a variable before a greedy one, and longer before shorter. */
function byParticularity(one: string, other: string): number {
  const rank = (segment: string | undefined) =>
    segment === undefined ? 3 : segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0;
  const [left, right] = [segments(one), segments(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = rank(left[index]) - rank(right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}
