import { createHash, timingSafeEqual } from 'node:crypto';
import type { PowerConfiguration } from '../configuration';
import { type GatewayEvent, headerOf } from '../event';

/** The header field, query parameter and cookie that carry the wake token. */
export const tokenHeader = 'x-searchgate-wake';
export const tokenName = 'searchgate-wake';

/**
 * Whether a request may wake the host. While it sleeps nobody can check a password, so this is all that stands before its bill:
 * the gateway's list of addresses, the token, and that on Kibana's door only somebody who opens a page wakes, never a forgotten
 * tab that polls or a browser that wants an icon.
 */
export function mayWake(event: GatewayEvent, { wake, tokenHash }: PowerConfiguration): boolean {
  if (wake === 'never') return false;
  if (wake === 'navigations' && headerOf(event, 'sec-fetch-mode') !== 'navigate') return false;
  return tokenHash === undefined || isToken(tokenOf(event), tokenHash);
}

/** Whether a text is the token, compared in constant time. */
export function isToken(given: string, hash: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), Buffer.from(hash, 'hex'));
}

function tokenOf(event: GatewayEvent): string {
  const cookie = new RegExp(`(?:^|;\\s*)${tokenName}=([^;\\s]*)`).exec(headerOf(event, 'cookie') ?? '');
  return headerOf(event, tokenHeader) ?? cookie?.[1] ?? '';
}
