import type { ServerResponse } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EventTooLarge, FunctionError, Throttled } from '../lambda/function-error';
import type { LambdaFunction } from '../lambda/lambda-function';
import type { ContextVariables } from './context';
import { responseFields, valuesOf } from './header-fields';
import { isBinary } from './media-types';
import type { Route } from './model';
import { type ResultHead, readPrelude, readResult } from './proxy-result';
import { occasions, Refusal } from './refusal';
import { sendHead } from './response-head';

/** Bytes of a buffered result, as Lambda counts them. */
const largestResult = 6_291_556;

/** One invocation on behalf of one client. */
export interface Integration {
  readonly lambda: LambdaFunction;
  readonly route: Route;
  readonly binaryMediaTypes: readonly string[];
  readonly event: Buffer;
  readonly context: ContextVariables;
  /** Accept, as the client sent it. */
  readonly accept: string;
  readonly response: ServerResponse;
}

/**
 * Invokes the function and hands its answer on, in the route's mode.
 *
 * @throws Refusal while nothing has been sent; afterwards whatever broke the answer off, which the client sees as a closed
 *   connection.
 */
export async function integrate(integration: Integration): Promise<void> {
  const { lambda, route, event, context, response } = integration;
  const ended = new AbortController();
  const limit = setTimeout(() => ended.abort(new Refusal(occasions.integrationTimeout)), route.timeoutMilliseconds);
  const left = () => ended.abort(new Error('the client has left'));
  response.once('close', left);
  const began = performance.now();
  const measured = () => {
    context.integrationLatency = `${Math.round(performance.now() - began)}`;
    context['integration.latency'] = context.integrationLatency;
  };
  let body: Readable | undefined;
  try {
    body = await lambda.invoke(event, { signal: ended.signal, traceId: `Root=${context.xrayTraceId}` });
    ended.signal.addEventListener('abort', () => body?.destroy(ended.signal.reason));
    context['integration.status'] = '200';
    if (route.transferMode === 'STREAM') await stream(integration, body, measured);
    else await buffer(integration, body, measured);
  } catch (error) {
    measured();
    body?.destroy();
    throw asRefusal(error);
  } finally {
    clearTimeout(limit);
    response.off('close', left);
  }
}

async function stream({ context, response }: Integration, body: Readable, measured: () => void): Promise<void> {
  const head = await readPrelude(body);
  measured();
  context.integrationStatus = `${head.status}`;
  const fields = responseFields(head.fields);
  const lengths = valuesOf(fields, 'content-length');
  const length = /^\d+$/.test(lengths[0] ?? '') && lengths.length === 1 ? Number(lengths[0]) : undefined;
  const others = fields.filter(([name]) => name.toLowerCase() !== 'content-length');
  const isKept = length !== undefined && head.status !== 204;
  sendHead(response, head.status, isKept ? [...others, ['Content-Length', `${length}`]] : others, context);
  response.flushHeaders();
  const bodiless = response.req.method === 'HEAD' || head.status === 204 || head.status === 304;
  await pipeline(body, measuring(context, bodiless ? undefined : length), response);
}

/** Counts what passes, and breaks off where it is not as much as was promised: a client must not take it for the whole. */
function measuring(context: ContextVariables, promised: number | undefined): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      context.responseLength = `${size}`;
      if (promised !== undefined && size > promised) done(new Error('the body is longer than its Content-Length'));
      else done(null, chunk);
    },
    flush(done) {
      context.responseLength = `${size}`;
      done(promised !== undefined && size < promised ? new Error('the body is shorter than its Content-Length') : null);
    },
  });
}

async function buffer(integration: Integration, body: Readable, measured: () => void): Promise<void> {
  const { context, response } = integration;
  const result = readResult(await wholeResult(body));
  measured();
  context.integrationStatus = `${result.status}`;
  const fields = responseFields(result.fields);
  const bytes = Buffer.from(result.body, isBytes(integration, result) ? 'base64' : 'utf8');
  const [given] = valuesOf(fields, 'content-length');
  const isHead = response.req.method === 'HEAD';
  const length = isHead && bytes.length === 0 && given !== undefined ? given : `${bytes.length}`;
  const others = fields.filter(([name]) => name.toLowerCase() !== 'content-length');
  const bodiless = result.status === 204 || result.status === 304;
  sendHead(response, result.status, bodiless ? others : [...others, ['Content-Length', length]], context);
  context.responseLength = `${isHead || bodiless ? 0 : bytes.length}`;
  response.end(bytes);
}

/** Base64 is taken off only for what the API handles as bytes: by what the client accepts first, or by what it is. */
function isBytes(
  { binaryMediaTypes, accept }: Integration,
  result: ResultHead & { isBase64Encoded: boolean },
): boolean {
  const type = valuesOf(result.fields, 'content-type')[0] ?? 'application/json';
  const accepted = accept.split(',')[0] ?? '';
  return result.isBase64Encoded && (isBinary(binaryMediaTypes, type) || isBinary(binaryMediaTypes, accepted));
}

async function wholeResult(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestResult)
      throw new FunctionError('Function.ResponseSizeTooLarge', `more than ${largestResult} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function asRefusal(error: unknown): unknown {
  if (error instanceof FunctionError) return new Refusal(occasions.functionFailed, undefined, { cause: error });
  if (error instanceof Throttled) return new Refusal(occasions.functionThrottled, undefined, { cause: error });
  if (error instanceof EventTooLarge) return new Refusal(occasions.requestTooLarge, undefined, { cause: error });
  return error;
}
