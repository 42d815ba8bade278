/* A peer: the proxy of a web framework, fitted to Lambda by its adapter, streaming, as both are documented. */

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

declare const awslambda: {
  streamifyResponse(handler: unknown): unknown;
  HttpResponseStream: { from(out: Writable, prelude: object): Writable };
};

const { ORIGIN_ADDRESSES: host, ORIGIN_PORT: port, ORIGIN_SERVER_NAME: servername, ORIGIN_CA: ca } = process.env;
const app = fastify();
app.register(httpProxy, { upstream: `https://${host}:${port}`, undici: { connect: { ca, servername } } });
const proxy = awsLambdaFastify(app, { payloadAsStream: true });

export const streaming = awslambda.streamifyResponse(async (event: object, out: Writable, context: object) => {
  const { meta, stream } = await proxy(event, context as Parameters<typeof proxy>[1]);
  await pipeline(stream, awslambda.HttpResponseStream.from(out, meta));
});
