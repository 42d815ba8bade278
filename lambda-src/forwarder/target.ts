import { type GatewayEvent, multiValues } from './event';

/** The request target in origin form: the path as the client wrote it, and the query. */
export function requestTarget(event: GatewayEvent): string {
  const query = queryString(event);
  return query === undefined ? originPath(event) : `${originPath(event)}?${query}`;
}

/**
 * The client's path without the stage or base path that the domain's mapping left in front. Verbatim: no URL parser touches
 * it, since `%2F`, `%3C`, `..` and `//` mean something to Elasticsearch. What `{proxy+}` matched says where the client's part
 * begins; whether the gateway handed that over encoded or decoded, with or without outer slashes, makes no difference.
 */
export function originPath(event: GatewayEvent): string {
  const path = event.path ?? '';
  const proxy = event.pathParameters?.proxy;
  if (proxy === undefined) return '/';
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return escaped(rooted.slice(mappedLength(rooted, proxy)));
}

/** How many characters in front of the path belong to the mapping: none, or whole segments. */
function mappedLength(path: string, proxy: string): number {
  if (path.endsWith(`/${proxy}`)) return withoutSlashes(path, path.length - proxy.length - 1);
  const wanted = trimmed(proxy);
  for (let slash = 0; slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const rest = trimmed(path.slice(slash));
    if (rest === wanted || decoded(rest) === wanted) return withoutSlashes(path, slash);
  }
  return 0;
}

/** A mapping never ends in a slash: those before the client's part are the client's. */
function withoutSlashes(path: string, length: number): number {
  let end = length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return end;
}

const trimmed = (path: string) => path.replace(/^\/+|\/+$/g, '');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What can't stand in the path of a request line (spaces, line breaks, NUL, `?`, `#`, anything not ASCII) is percent-encoded. */
function escaped(path: string): string {
  return path.replace(/[^!-~]+|[?#]/g, encoded);
}

/**
 * The query, encoded anew from the decoded parameters, with repeated keys; undefined where there is none. A key without a value
 * is written bare, as in `?pretty`: the event does not tell `?pretty` and `?pretty=` apart.
 */
export function queryString(event: GatewayEvent): string | undefined {
  const pairs: string[] = [];
  for (const [name, values] of multiValues(event.multiValueQueryStringParameters, event.queryStringParameters)) {
    const key = encoded(name);
    for (const value of values) pairs.push(value === '' && key !== '' ? key : `${key}=${encoded(value)}`);
  }
  return pairs.length === 0 ? undefined : pairs.join('&');
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half a surrogate pair: no UTF-8 exists for it, so the replacement character goes.
    return encodeURIComponent(Buffer.from(text).toString());
  }
}
