'use strict';
/*
 * A stand-in for Lambda's Node runtime, run by node in a process of its own: it loads the handler, asks the Runtime API for one
 * invocation after the other, and gives handlers the global `awslambda`. As in Lambda, HttpResponseStream.from sends its prelude
 * with the first write only, and never where nothing is written.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const http = require('node:http');
const path = require('node:path');

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER, ...environment } = process.env;
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const runtimePath = '/2018-06-01/runtime';
const errorType = 'Lambda-Runtime-Function-Error-Type';
const errorBody = 'Lambda-Runtime-Function-Error-Body';

const highWaterMarks = new WeakMap();
const beforeFirstWrite = new WeakMap();

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    highWaterMarks.set(handler, options?.highWaterMark);
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      beforeFirstWrite.set(stream, [JSON.stringify(prelude), Buffer.alloc(8)]);
      return stream;
    },
  },
};

function call(method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, agent, method, path: runtimePath + target, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function described(error) {
  const known = error instanceof Error;
  return {
    errorType: known ? error.name : typeof error,
    errorMessage: known ? error.message : String(error),
    trace: known ? (error.stack ?? '').split('\n') : [],
  };
}

function post(target, error) {
  const description = described(error);
  process.stdout.write(`${JSON.stringify({ level: 'ERROR', ...description })}\n`);
  const headers = { 'Content-Type': 'application/json', [errorType]: description.errorType };
  return call('POST', target, headers, JSON.stringify(description));
}

function contextOf({ headers }) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** The request that carries a streamed answer is itself the stream that the handler writes to. */
function responseStream(target, highWaterMark) {
  const stream = http.request({
    hostname,
    port,
    agent,
    highWaterMark,
    method: 'POST',
    path: runtimePath + target,
    headers: {
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Content-Type': 'application/octet-stream',
      'Transfer-Encoding': 'chunked',
      Trailer: `${errorType}, ${errorBody}`,
    },
  });
  const { write } = stream;
  let written = false;
  stream.setContentType = (type) => {
    if (written) throw new Error('Cannot set content-type, too late.');
    stream.setHeader('Content-Type', type);
  };
  stream.write = (chunk, ...rest) => {
    if (!written) {
      written = true;
      for (const first of beforeFirstWrite.get(stream) ?? []) write.call(stream, first);
    }
    const plain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return write.call(stream, plain ? chunk : JSON.stringify(chunk), ...rest);
  };
  const taken = new Promise((resolve, reject) => {
    stream.on('response', (response) => response.resume().on('end', resolve).on('error', reject));
    stream.on('error', reject);
  });
  taken.catch(() => undefined);
  return { stream, taken };
}

async function stream(handler, target, event, context) {
  const { stream, taken } = responseStream(`${target}/response`, highWaterMarks.get(handler));
  try {
    await handler(event, stream, context);
    if (!stream.destroyed && !stream.writableEnded) throw new Error('Response stream is not finished.');
  } catch (error) {
    const description = described(error);
    process.stdout.write(`${JSON.stringify({ level: 'ERROR', ...description })}\n`);
    if (!stream.destroyed) {
      stream.addTrailers({
        [errorType]: description.errorType,
        [errorBody]: Buffer.from(JSON.stringify(description)).toString('base64'),
      });
      stream.end();
    }
  }
  // Where the client has left, Lambda has closed the request and there is nobody to wait for.
  await taken.catch(() => undefined);
}

async function buffer(handler, target, event, context) {
  let result;
  try {
    result = JSON.stringify((await handler(event, context)) ?? null);
  } catch (error) {
    await post(`${target}/error`, error);
    return;
  }
  await call('POST', `${target}/response`, { 'Content-Type': 'application/json' }, result);
}

function loadHandler() {
  const dot = _HANDLER.lastIndexOf('.');
  const [file, name] = [_HANDLER.slice(0, dot), _HANDLER.slice(dot + 1)];
  const handler = require(path.join(LAMBDA_TASK_ROOT, file))[name];
  if (typeof handler !== 'function') throw new Error(`${_HANDLER} is undefined or not exported`);
  return handler;
}

async function main() {
  let current;
  const die = (code) => async (error) => {
    await post(current === undefined ? '/init/error' : `/invocation/${current}/error`, error).catch(() => undefined);
    process.exit(code);
  };
  process.on('uncaughtException', die(129));
  process.on('unhandledRejection', die(128));

  let handler;
  try {
    handler = loadHandler();
  } catch (error) {
    await post('/init/error', error);
    process.exit(1);
  }
  for (;;) {
    // Fails where the one who runs this has gone: there is nothing left to do then.
    const next = await call('GET', '/invocation/next').catch(() => process.exit(0));
    const context = contextOf(next);
    current = context.awsRequestId;
    const trace = next.headers['lambda-runtime-trace-id'];
    if (trace !== undefined) process.env._X_AMZN_TRACE_ID = trace;
    const answer = highWaterMarks.has(handler) ? stream : buffer;
    await answer(handler, `/invocation/${current}`, JSON.parse(next.body), context);
  }
}

main();
