import type { ServerResponse } from 'node:http';
import type { ContextVariables } from './context';
import type { HeaderFields } from './header-fields';

/** Writes an answer's head, with the fields that the service adds to each of its answers. */
export function sendHead(
  response: ServerResponse,
  status: number,
  fields: HeaderFields,
  context: ContextVariables,
): void {
  context.status = `${status}`;
  const all = [
    ...fields,
    ['x-amzn-RequestId', context.requestId ?? ''],
    ['x-amz-apigw-id', context.extendedRequestId ?? ''],
    ['X-Amzn-Trace-Id', `Root=${context.xrayTraceId}`],
  ];
  // One character is one byte on the wire: text goes as UTF-8.
  const raw = all.flatMap(([name = '', value = '']) => [name, Buffer.from(value).toString('latin1')]);
  response.writeHead(status, raw);
}
