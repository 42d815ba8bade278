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
import type { Absence, Step } from './sleep/absence';
import type { Rise } from './sleep/rise';
import { makeUseLog, type UseLog } from './use';

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
  /** An answer of the forwarder's own, without a body. */
  own(status: number, headers: Record<string, string>): void;
}

/** What both modes share: from the event to the exchange, and every failure into the log. */
export class Forwarder {
  private readonly origin: Origin;
  private readonly debug: DebugLog | undefined;
  private readonly use: UseLog | undefined;
  /** Of a cluster that sleeps; a single node pays nothing for it. */
  private readonly rise: Rise | undefined;

  constructor(
    private readonly configuration: Configuration,
    private readonly log: Log = makeLog(configuration.service),
  ) {
    this.origin = new Origin(configuration);
    // Loaded here and not above: without debug nobody waits for what it needs.
    if (configuration.debug) this.debug = (require('./debug') as typeof import('./debug')).makeDebugLog(log);
    if (!configuration.power) return;
    this.use = makeUseLog(configuration.power, log);
    if (this.origin.nodes.several)
      this.rise = new (require('./sleep/rise') as typeof import('./sleep/rise')).Rise(
        this.origin,
        configuration.power.stateUrl,
      );
  }

  /** Sends the event's request to the origin and hands on what becomes of it. Never throws. */
  forward(event: GatewayEvent, context: InvocationContext, answer: Answer): Pick<Exchange, 'abandon'> {
    const began = Date.now();
    const id = requestId(event, context);
    const time = Math.max(0, (context.getRemainingTimeInMillis?.() ?? defaultTime) - reserve);
    let over = false;
    let running: Pick<Exchange, 'abandon'> = { abandon: () => undefined };
    let absence: Absence | undefined;
    let address = this.configuration.addresses[0];
    const note = (failure: Failure, fields = {}, level: 'ERROR' | 'INFO' = 'ERROR') => {
      const origin = `${address}:${this.configuration.port}`;
      logFailure(this.log, failure, { request_id: id, origin, milliseconds: Date.now() - began, ...fields }, level);
    };
    const failed = (failure: Failure) => {
      over = true;
      note(failure);
      answer.failure(failure, id);
    };
    try {
      if (event.ping && !event.httpMethod && this.configuration.power) {
        answer.own(204, {});
        return running;
      }
      const linked = this.wakeLink(event);
      if (linked) {
        answer.own(303, linked);
        return running;
      }
      const outgoing = originRequest(event);
      const debugResponse = this.debug?.(id, outgoing);
      const refuse = (failure: Failure) => {
        running.abandon();
        failed(failure);
      };
      const unreachable = async (failure: Failure) => {
        // Who was away and now breaks connections off is coming up.
        const away = failure.type === 'origin_unreachable' || (absence && failure.type === 'origin_reset');
        if (away) absence ??= this.absence(event, time);
        if (!away || !absence) return failed(failure);
        this.rise?.begin();
        const step = await absence.next(failure, (state, wake) =>
          note(failure, { state, wake }, state === failure.type ? 'ERROR' : 'INFO'),
        );
        take(step);
      };
      const take = (step: Step) => {
        if (over) return;
        if (step.kind === 'retry') return attempt();
        over = true;
        answer.failure(step.failure, id);
      };
      const begin = (response: IncomingMessage) => {
        try {
          const head = responseHead(response, outgoing.method);
          answer.begin(head, response, debugResponse?.(head, response), refuse);
        } catch (error) {
          refuse(asFailure(error));
        }
      };
      const unready = async (response: IncomingMessage) => {
        const whose = running;
        this.rise?.begin();
        absence ??= this.absence(event, time);
        const step = await absence?.unready(response.headers['retry-after'] !== undefined);
        if (over) return;
        if (!step) return begin(response);
        whose.abandon();
        if (step.kind === 'answer') note(step.failure, {}, 'INFO');
        take(step);
      };
      const perhapsShort = async (response: IncomingMessage) => {
        const short = await this.rise?.isShort(event);
        if (over) return;
        if (short) await unready(response);
        else begin(response);
      };
      const attempt = () => {
        running = exchange(this.origin, outgoing, Math.max(0, time - (Date.now() - began)), {
          response: (response) => {
            this.use?.(event, response.statusCode ?? 0);
            const look =
              response.statusCode === 503 && this.use
                ? unready
                : response.statusCode === 200 && this.rise?.concerns(event)
                  ? perhapsShort
                  : undefined;
            if (look === undefined) return begin(response);
            look(response).catch((error) => refuse(asFailure(error)));
          },
          failure: (failure, of) => {
            address = of;
            void unreachable(failure).catch((error) => failed(asFailure(error)));
          },
        });
      };
      attempt();
    } catch (error) {
      failed(asFailure(error));
    }
    return {
      abandon: () => {
        if (over) return;
        over = true;
        this.log('INFO', { event: 'client_left', request_id: id, milliseconds: Date.now() - began });
        running.abandon();
      },
    };
  }

  /** What there is to know of a host that sleeps is loaded only when one does not answer. */
  private absence(event: GatewayEvent, remaining: number): Absence | undefined {
    const { power } = this.configuration;
    if (!power) return undefined;
    const { Absence } = require('./sleep/absence') as typeof import('./sleep/absence');
    return new Absence(event, this.configuration, power, remaining);
  }

  private wakeLink(event: GatewayEvent): Record<string, string> | undefined {
    const { power } = this.configuration;
    const query = event.multiValueQueryStringParameters ?? event.queryStringParameters;
    if (!power?.tokenHash || query?.['searchgate-wake'] === undefined) return undefined;
    return (require('./sleep/wake-link') as typeof import('./sleep/wake-link')).followWakeLink(event, power);
  }
}
