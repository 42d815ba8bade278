import type { GatewayEvent } from '../../../lambda-src/forwarder/event';

/** A request as a client writes it. */
export interface ClientRequest {
  method?: string;
  /** As on the request line, without the query. */
  path?: string;
  /** Decoded, as the gateway hands it over. */
  query?: readonly (readonly [string, string])[];
  headers?: readonly (readonly [string, string])[];
  body?: Buffer | string | null;
  /** What the domain's mapping leaves in front of the path, as in `/v1`. */
  mapped?: string;
}

/** The event that API Gateway makes of a request (every body arrives as base64), as facts of the field have it. */
export function gatewayEvent(request: ClientRequest = {}): GatewayEvent {
  const { method = 'GET', path = '/', query = [], headers = [], body = null, mapped = '' } = request;
  const proxy = path.slice(1);
  return {
    httpMethod: method,
    path: `${mapped}${path}`,
    pathParameters: proxy === '' ? null : { proxy },
    multiValueHeaders: gathered([
      ['Host', 'search.example.com'],
      ['X-Forwarded-For', '192.0.2.7'],
      ['X-Forwarded-Port', '443'],
      ['X-Forwarded-Proto', 'https'],
      ...headers,
    ]),
    headers: null,
    multiValueQueryStringParameters: query.length === 0 ? null : gathered(query),
    queryStringParameters: null,
    requestContext: {
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      domainName: 'search.example.com',
      identity: { sourceIp: '192.0.2.7' },
    },
    body: body === null ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body !== null,
  };
}

function gathered(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [name, value] of pairs) map.set(name, [...(map.get(name) ?? []), value]);
  return Object.fromEntries(map);
}
