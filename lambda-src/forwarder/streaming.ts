import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import type { GatewayEvent, InvocationContext } from './event';
import { Failure, failureBody, failureHeaders } from './failure';
import type { Forwarder, Tap } from './forwarder';
import type { ResponseHead } from './response-head';

/** The stream that the runtime gives a streaming handler. */
export type ResponseStream = Writable & { setContentType?(type: string): void };

/** Bytes at the beginning within which API Gateway looks for the prelude's end. */
const largestPrelude = 16 * 1024;
const separator = '\0'.repeat(8);

/** A handler for `awslambda.streamifyResponse`. It rejects where the answer breaks off, so that the gateway cuts it too. */
export function streamingHandler(forwarder: Forwarder) {
  return (event: GatewayEvent, out: ResponseStream, context: InvocationContext): Promise<void> =>
    new Promise((resolve, reject) => {
      let begun = false;
      out.setContentType?.('application/vnd.awslambda.http-integration-response');
      out.on('error', () => undefined); // 'close' follows
      out.once('finish', resolve);
      out.once('close', () => {
        if (!out.writableFinished) running.abandon();
        resolve();
      });
      const running = forwarder.forward(event, context, {
        begin(head, response, tap) {
          const start = prelude(head);
          begun = true;
          stream(start, response, out, tap);
        },
        failure(failure, id) {
          if (begun) {
            reject(failure);
            out.destroy(failure);
            return;
          }
          const body = event.httpMethod === 'HEAD' ? '' : failureBody(failure, id);
          out.end(prelude({ statusCode: failure.status, headers: failureHeaders(failure) }) + body);
        },
        own(statusCode, headers) {
          out.end(prelude({ statusCode, headers }));
        },
      });
    });
}

/**
 * Status and fields, then eight NULs, as API Gateway reads them. Written here and not by the runtime's HttpResponseStream,
 * which sends them with the first byte of a body only: an answer without one would lose its status.
 *
 * @throws Failure `response_headers_too_large`
 */
export function prelude(head: Pick<ResponseHead, 'statusCode' | 'headers'> & Partial<ResponseHead>): string {
  const { statusCode, headers, multiValueHeaders = {}, cookies = [] } = head;
  const text = JSON.stringify({
    statusCode,
    headers,
    ...(Object.keys(multiValueHeaders).length > 0 && { multiValueHeaders }),
    ...(cookies.length > 0 && { cookies }),
  });
  if (Buffer.byteLength(text) + separator.length > largestPrelude) {
    throw new Failure('response_headers_too_large', '16 KB, with `response: streaming`');
  }
  return text + separator;
}

/** Head and body into the stream, no faster than it takes them. What came with the head goes out with it. */
function stream(start: string, response: IncomingMessage, out: ResponseStream, tap: Tap): void {
  const first = response.read() as Buffer | null;
  if (first) tap?.(first);
  const head = first ? Buffer.concat([Buffer.from(start), first]) : Buffer.from(start);
  if (response.complete && response.readableLength === 0) {
    response.resume(); // reads the end, which frees the connection
    out.end(head);
    return;
  }
  if (!out.write(head)) response.pause();
  out.on('drain', () => response.resume());
  response.on('data', (chunk: Buffer) => {
    tap?.(chunk);
    if (!out.write(chunk)) response.pause();
  });
  response.on('end', () => out.end());
}
