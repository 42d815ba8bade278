import type { IncomingMessage } from 'node:http';
import type { Configuration } from './configuration';
import type { DebugLog } from './debug';
import { type GatewayEvent, type InvocationContext, requestId } from './event';
import { type Exchange, exchange } from './exchange';
import { asFailure, type Failure } from './failure';
import { type Log, logFailure, makeLog } from './log';
import { Origin } from './origin';
import { originRequest } from './request';
import { type ResponseHead, responseHead } from './response-head';

/** Milliseconds kept back of the time that Lambda gives: enough to write an answer that says what happened. */
const reserve = 500;
/** Milliseconds where the context does not tell: API Gateway's own default limit. */
const defaultTime = 29_000;

/** Sees the body's bytes as they pass. */
export type Tap = ((chunk: Buffer) => void) | undefined;

/** A mode of answering. Each is called at most once; a failure may come after the begin. */
export interface Answer {
  /**
   * The body is to be read from `response`, and each of its bytes shown to `tap`. An answer that can't be given is refused: by
   * a Failure thrown here, or later by `refuse`.
   */
  begin(head: ResponseHead, response: IncomingMessage, tap: Tap, refuse: (failure: Failure) => void): void;
  failure(failure: Failure, id: string): void;
}

/** What both modes share: from the event to the exchange, and every failure into the log. */
export class Forwarder {
  private readonly origin: Origin;
  private readonly debug: DebugLog | undefined;

  constructor(
    private readonly configuration: Configuration,
    private readonly log: Log = makeLog(configuration.service),
  ) {
    this.origin = new Origin(configuration);
    // Loaded here and not above: without debug nobody waits for what it needs.
    if (configuration.debug) this.debug = (require('./debug') as typeof import('./debug')).makeDebugLog(log);
  }

  /** Sends the event's request to the origin and hands on what becomes of it. Never throws. */
  forward(event: GatewayEvent, context: InvocationContext, answer: Answer): Pick<Exchange, 'abandon'> {
    const began = Date.now();
    const id = requestId(event, context);
    let hasFailed = false;
    const failed = (failure: Failure) => {
      hasFailed = true;
      const { addresses, port } = this.configuration;
      logFailure(this.log, failure, {
        request_id: id,
        origin: `${addresses[0]}:${port}`,
        milliseconds: Date.now() - began,
      });
      answer.failure(failure, id);
    };
    try {
      const outgoing = originRequest(event);
      const debugResponse = this.debug?.(id, outgoing);
      const time = Math.max(0, (context.getRemainingTimeInMillis?.() ?? defaultTime) - reserve);
      const refuse = (failure: Failure) => {
        running.abandon();
        failed(failure);
      };
      const running = exchange(this.origin, outgoing, time, {
        response: (response) => {
          try {
            const head = responseHead(response, outgoing.method);
            answer.begin(head, response, debugResponse?.(head, response), refuse);
          } catch (error) {
            refuse(asFailure(error));
          }
        },
        failure: failed,
      });
      return {
        abandon: () => {
          if (hasFailed) return;
          this.log('INFO', { event: 'client_left', request_id: id, milliseconds: Date.now() - began });
          running.abandon();
        },
      };
    } catch (error) {
      failed(asFailure(error));
      return { abandon: () => undefined };
    }
  }
}
