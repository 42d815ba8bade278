import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaFunction } from '../lambda/lambda-function';
import type { FunctionLogLine } from '../lambda/sandbox';
import { Admission } from './admission';
import { accessLogLine, type ContextVariables, initialContext } from './context';
import { ownAnswer } from './gateway-response';
import { valuesOf } from './header-fields';
import { integrate } from './integration';
import type { FunctionModel, GatewayModel } from './model';
import { laidOver } from './model-parts';
import { proxyEvent } from './proxy-event';
import { Refusal } from './refusal';
import { readBody } from './request-body';
import { sendHead } from './response-head';

/** A line of the access log, of the function's own log, or of what the gateway tells no client: why it answered with an error. */
export type DoorLogLine = FunctionLogLine | { readonly source: 'access' | 'gateway'; readonly text: string };

export interface DoorOptions {
  readonly model: GatewayModel;
  /** The function's zip. @default the model's */
  readonly zipPath?: string;
  /** Laid over the function's environment: where the origin is on this machine. Undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** @default any that is free */
  readonly port?: number;
  /** Sandboxes at once; where all are busy requests wait. @default 16 */
  readonly sandboxes?: number;
  /** Stop the function's processes between requests, as Lambda does. @default true */
  readonly freeze?: boolean;
  readonly log?: (line: DoorLogLine) => void;
}

/** A running stand-in for API Gateway with one API. */
export interface Door {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** The host name that the door stands for. */
  readonly domainName: string;
  /** Ends the server, every connection and every process of the function. */
  close(): Promise<void>;
}

/**
 * Serves an API on 127.0.0.1 as API Gateway would, with its function in processes of their own.
 *
 * 127.0.0.1 stands for the first address that the resource policy allows, any other (such as 127.0.0.2) for a stranger. The
 * door's own address stands for the first mapped domain.
 *
 * @throws where the zip is missing or is not the deployed one, where the policy lets nobody in, or the port is taken.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { model, environment = {}, log = () => undefined } = options;
  const lambda = new LambdaFunction({
    name: model.function.name,
    arn: model.function.arn,
    zip: deployedZip(model.function, options.zipPath),
    handler: model.function.handler,
    environment: laidOver(model.function.environment, environment),
    timeoutSeconds: model.function.timeoutSeconds,
    memory: model.function.memory,
    region: model.region,
    reservedConcurrency: model.function.reservedConcurrency,
    sandboxes: options.sandboxes,
    freeze: options.freeze,
    log,
  });
  // Room for more than the service takes, so that its own limit answers.
  const server = createServer({ maxHeaderSize: 128 * 1024, requestTimeout: 0, keepAliveTimeout: 60_000 });
  try {
    let port = 0;
    const admission = new Admission(model, () => [`127.0.0.1:${port}`, `localhost:${port}`]);
    server.on('request', (request, response) => void serve(model, lambda, admission, request, response, log));
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      domainName: model.domains[0]?.domainName ?? '',
      close: async () => {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await Promise.all([closed, lambda.close()]);
      },
    };
  } catch (error) {
    await lambda.close();
    throw error;
  }
}

function deployedZip(lambda: FunctionModel, zipPath = lambda.zipPath): Buffer {
  if (zipPath === undefined) throw new Error(`where the zip of ${lambda.name} lies is not known: give zipPath`);
  const zip = readFileSync(zipPath);
  const sha256 = createHash('sha256').update(zip).digest('base64');
  if (lambda.codeSha256 !== undefined && lambda.codeSha256 !== sha256) {
    throw new Error(`${zipPath} is not what ${lambda.name} was deployed with: ${sha256} and not ${lambda.codeSha256}`);
  }
  return zip;
}

async function serve(
  model: GatewayModel,
  lambda: LambdaFunction,
  admission: Admission,
  request: IncomingMessage,
  response: ServerResponse,
  log: (line: DoorLogLine) => void,
): Promise<void> {
  const began = Date.now();
  const context = initialContext(new Date(began));
  try {
    const { match, method, target, fields } = admission.admit(request, context);
    const body = await readBody(request);
    const event = proxyEvent(model, match, { method, path: target.path, query: target.query, fields, body }, context);
    const accept = valuesOf(fields, 'accept')[0] ?? '';
    const { binaryMediaTypes } = model;
    await integrate({ lambda, route: match.route, binaryMediaTypes, event, context, accept, response });
  } catch (error) {
    answerError(model, request, response, context, error, log);
  }
  const format = model.stage.accessLogFormat;
  if (format === undefined || context.stage === undefined) return;
  context.responseLatency = `${Date.now() - began}`;
  log({ source: 'access', text: accessLogLine(format, context) });
}

/** Refuses, or breaks off what has begun. Only the log learns the cause. */
function answerError(
  model: GatewayModel,
  request: IncomingMessage,
  response: ServerResponse,
  context: ContextVariables,
  error: unknown,
  log: (line: DoorLogLine) => void,
): void {
  const cause = error instanceof Refusal ? error.cause : error;
  if (cause instanceof Error) log({ source: 'gateway', text: `${context.requestId} ${cause.message}` });
  if (!(error instanceof Refusal) || response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, headers, body } = ownAnswer(model.responses, error, context);
  const bytes = Buffer.from(body);
  sendHead(response, status, [...headers, ['Content-Length', `${bytes.length}`]], context);
  context.responseLength = `${bytes.length}`;
  response.end(bytes);
  request.resume();
}
