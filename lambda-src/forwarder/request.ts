import type { GatewayEvent } from './event';
import { Failure } from './failure';
import { isUnpacked, requestBody } from './request-body';
import { requestHeaders } from './request-headers';
import { requestTarget } from './target';

/** A request as the origin gets it. */
export interface OriginRequest {
  readonly method: string;
  /** Origin form. */
  readonly target: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
  /** Whether a repetition does no harm (RFC 9110 9.2.2). */
  readonly idempotent: boolean;
}

/** What API Gateway's ANY stands for. */
const allowed = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Methods that say nothing about a body where they have none. */
const bodiless = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** @throws Failure `invalid_request` */
export function originRequest(event: GatewayEvent): OriginRequest {
  const method = event.httpMethod ?? '';
  if (!allowed.has(method)) throw new Failure('invalid_request', 'the method');
  const content = requestBody(event);
  const body = content.length === 0 && bodiless.has(method) ? undefined : content;
  return {
    method,
    target: requestTarget(event),
    headers: requestHeaders(event, body, isUnpacked(event, content)),
    body,
    idempotent: idempotent.has(method),
  };
}
