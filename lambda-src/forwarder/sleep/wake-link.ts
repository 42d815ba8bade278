import type { PowerConfiguration } from '../configuration';
import type { GatewayEvent } from '../event';
import { requestTarget } from '../target';
import { isToken, tokenName } from './wake-right';

/** Seconds for which a browser keeps the token. */
const kept = 90 * 24 * 3600;

/**
 * The answer to a wake link, `https://kibana.example.com/?searchgate-wake=TOKEN`: on to the same place without the token in it,
 * which then is in a cookie that scripts cannot read, if it is the right one.
 */
export function followWakeLink(event: GatewayEvent, { tokenHash }: PowerConfiguration): Record<string, string> {
  const multiple = { ...event.multiValueQueryStringParameters };
  const single = { ...event.queryStringParameters };
  const token = multiple[tokenName]?.[0] ?? single[tokenName] ?? '';
  delete multiple[tokenName];
  delete single[tokenName];
  const rest = event.multiValueQueryStringParameters ? { multiValueQueryStringParameters: multiple } : {};
  // More than one slash in front would be another host's name.
  const location = requestTarget({ ...event, queryStringParameters: single, ...rest }).replace(/^\/{2,}/, '/');
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  if (tokenHash === undefined || !/^[\w.~-]+$/.test(token) || !isToken(token, tokenHash)) return headers;
  const cookie = `${tokenName}=${token}; Max-Age=${kept}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  return { ...headers, 'set-cookie': cookie };
}
