import { isUtf8 } from 'node:buffer';
import type { GatewayEvent, InvocationContext } from './event';
import { Failure, failureBody, failureHeaders } from './failure';
import type { Forwarder } from './forwarder';
import type { ResponseHead } from './response-head';

/** What API Gateway takes as the answer of a buffered integration; it refuses unknown keys. */
export interface GatewayResult {
  statusCode: number;
  headers: Record<string, string>;
  multiValueHeaders: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

/** Bytes of a result as JSON that Lambda takes: 6 MB and a little for what is around them. */
const largestResult = 6_291_556;
/** Bytes of all header fields that API Gateway takes. */
const largestHeaders = 20_480;

/** A handler for a buffered integration. Never rejects. */
export function bufferedHandler(forwarder: Forwarder) {
  return (event: GatewayEvent, context: InvocationContext): Promise<GatewayResult> =>
    new Promise((resolve) => {
      forwarder.forward(event, context, {
        begin(head, response, tap, refuse) {
          checkHeaders(head);
          if (event.httpMethod !== 'HEAD' && Number(response.headers['content-length'] ?? 0) > largestResult) {
            throw tooLarge();
          }
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            tap?.(chunk);
            chunks.push(chunk);
            size += chunk.length;
            if (size > largestResult) refuse(tooLarge());
          });
          response.on('end', () => {
            const result = gatewayResult(head, Buffer.concat(chunks, size));
            if (result) resolve(result);
            else refuse(tooLarge());
          });
        },
        failure(failure, id) {
          const headers = failureHeaders(failure);
          const body = event.httpMethod === 'HEAD' ? '' : failureBody(failure, id);
          resolve({ statusCode: failure.status, headers, multiValueHeaders: {}, body, isBase64Encoded: false });
        },
        own(statusCode, headers) {
          resolve({ statusCode, headers, multiValueHeaders: {}, body: '', isBase64Encoded: false });
        },
      });
    });
}

/**
 * The result, or undefined where Lambda would not take it. A body goes as base64, which carries any bytes; one that has become
 * too large by that goes as the text that it is, if it is text.
 */
export function gatewayResult(head: ResponseHead, body: Buffer): GatewayResult | undefined {
  const { statusCode, headers, cookies } = head;
  const multiValueHeaders =
    cookies.length > 0 ? { ...head.multiValueHeaders, 'set-cookie': cookies } : head.multiValueHeaders;
  const result = { statusCode, headers, multiValueHeaders, body: '', isBase64Encoded: false };
  if (body.length === 0) return result;

  const room = largestResult - Buffer.byteLength(JSON.stringify(result));
  if (Math.ceil(body.length / 3) * 4 < room) return { ...result, body: body.toString('base64'), isBase64Encoded: true };
  if (body.length > room || !isUtf8(body)) return undefined;
  const text = body.toString();
  return Buffer.byteLength(JSON.stringify(text)) < room ? { ...result, body: text } : undefined;
}

const tooLarge = () =>
  new Failure(
    'response_too_large',
    '6 MB in buffered mode; set `response: streaming` for this service, or ask for less',
  );

/** @throws Failure `response_headers_too_large` */
function checkHeaders({ headers, multiValueHeaders, cookies }: ResponseHead): void {
  const fields = [
    ...Object.entries(headers),
    ...Object.entries(multiValueHeaders).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    ...cookies.map((value) => ['set-cookie', value] as const),
  ];
  const size = fields.reduce((sum, [name, value]) => sum + name.length + value.length + ': \r\n'.length, 0);
  if (size > largestHeaders) throw new Failure('response_headers_too_large', '20,480 bytes');
}
