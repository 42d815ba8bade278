import type { IncomingMessage } from 'node:http';
import { connectionFailure, errorCode, Failure } from './failure';
import type { Origin, OriginConnection } from './origin';
import type { OriginRequest } from './request';
import { Silence } from './silence';

/**
 * After how many looks that did not find a silent node there a request that may have been done is given up, some five seconds: a
 * halt as a collection of garbage makes it has to cost nobody an answer. What can be asked of another node is, after the first.
 */
const patience = 3;

/** What becomes of an exchange. Each is called at most once; a failure may come after the answer's head. */
export interface Receiver {
  /** The head is here, and what has come of the body with it is buffered. */
  response(response: IncomingMessage): void;
  /** @param address the node that failed last */
  failure(failure: Failure, address: string): void;
}

/** An exchange under way. */
export interface Exchange {
  /** Ends it without a word to the receiver: the client has left, or the answer is refused. */
  abandon(): void;
}

/**
 * One request and its answer. It goes to the next node where the one in turn takes no connection, so that nothing of it was
 * sent. And it is sent a second time, once, where that does no harm: on a kept connection that turns out dead before any byte of
 * an answer, for idempotent methods and for all of which nothing had left; and, idempotent, to another node where the first
 * has nothing to say but 503, or has fallen silent.
 *
 * @param milliseconds until the whole answer has to be through.
 */
export function exchange(origin: Origin, outgoing: OriginRequest, milliseconds: number, receiver: Receiver): Exchange {
  let over = false;
  let connection: OriginConnection | undefined;
  let answer: IncomingMessage | undefined;
  let earlier: Failure | undefined;
  let silence: Silence | undefined;
  const [first, ...others] = origin.nodes.inTurn();
  const deadline = setTimeout(() => {
    if (!answer && connection) origin.nodes.failed(connection.address);
    fail(new Failure('origin_timeout'));
  }, milliseconds);

  const finish = () => {
    over = true;
    clearTimeout(deadline);
    silence?.end();
  };
  const abandon = () => {
    finish();
    connection?.request.destroy();
    answer?.destroy();
  };
  const fail = (failure: Failure) => {
    if (over) return;
    abandon();
    receiver.failure(failure, connection?.address ?? first);
  };
  /** Whether there was another node to ask. */
  const askedAnother = (failed: OriginConnection, mayRetry: boolean): boolean => {
    const next = others.shift();
    if (next === undefined) return false;
    silence?.end();
    failed.request.destroy();
    attempt(next, mayRetry);
    return true;
  };
  const requestFailed = (error: unknown, failed: OriginConnection, mayRetry: boolean) => {
    // What comes behind a complete answer costs the connection, not the answer.
    if (over || failed !== connection || answer?.complete) return;
    if (answer) {
      fail(
        isParseError(error)
          ? connectionFailure(error, failed.phase)
          : new Failure('response_truncated', undefined, error),
      );
      return;
    }
    if (mayRetry && isStale(error, failed) && (outgoing.idempotent || failed.nothingSent())) {
      origin.dropKeptConnections();
      if (!askedAnother(failed, false)) attempt(failed.address, false);
      return;
    }
    origin.nodes.failed(failed.address);
    const failure = connectionFailure(error, failed.phase);
    // A host that is silent may be off, and then has to be woken, whatever another one that refuses is about.
    const told = earlier && errorCode(failure.cause) === 'ECONNREFUSED' ? earlier : failure;
    if (failed.phase === 'open' || !askedAnother(failed, mayRetry)) fail(told);
    else earlier = told;
  };
  const fellSilent = (silent: OriginConnection, mayRetry: boolean) => {
    if (silent.phase !== 'open') return; // has a deadline of its own
    origin.nodes.failed(silent.address);
    origin.dropKeptConnections();
    if (!mayRetry || !outgoing.idempotent || !askedAnother(silent, false)) {
      fail(new Failure('origin_reset', 'it fell silent'));
    }
  };
  const attempt = (address: string, mayRetry: boolean) => {
    if (over) return;
    try {
      const opened = origin.open(outgoing, address, others.length === 0);
      connection = opened;
      if (origin.nodes.several) {
        silence = new Silence(
          () => origin.takesConnections(address),
          mayRetry && outgoing.idempotent ? 1 : patience,
          () => fellSilent(opened, mayRetry),
        );
      }
      opened.request.on('error', (error) => requestFailed(error, opened, mayRetry));
      opened.request.on('upgrade', (_response, socket) => {
        socket.destroy();
        fail(new Failure('origin_invalid_response', 'another protocol'));
      });
      opened.request.on('response', (response) => {
        silence?.end();
        response.on('error', (error) => requestFailed(error, opened, false));
        if (response.statusCode === 503) {
          origin.nodes.failed(address);
          if (mayRetry && outgoing.idempotent && askedAnother(opened, false)) return;
        } else origin.nodes.answered(address);
        answer = response;
        response.on('end', finish);
        // By then the rest of what came with the head has been read, and found good or bad.
        process.nextTick(() => over || receiver.response(response));
      });
    } catch (error) {
      fail(new Failure('invalid_request', undefined, error));
    }
  };

  // What a frozen process slept through (the other end closing, or speaking out of turn) is read within one whole turn of the
  // event loop, which two immediates span: after it the connection is sound or gone.
  if (origin.hasKeptConnection()) setImmediate(() => setImmediate(attempt, first, true));
  else attempt(first, true);
  return { abandon };
}

const isParseError = (error: unknown) => errorCode(error).startsWith('HPE_');

function isStale(error: unknown, { request }: OriginConnection): boolean {
  return (
    request.reusedSocket &&
    ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_WRITE_AFTER_END'].includes(errorCode(error))
  );
}
