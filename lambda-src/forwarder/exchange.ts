import type { IncomingMessage } from 'node:http';
import { connectionFailure, errorCode, Failure } from './failure';
import type { Origin, OriginConnection } from './origin';
import type { OriginRequest } from './request';

/** What becomes of an exchange. Each is called at most once; a failure may come after the answer's head. */
export interface Receiver {
  /** The head is here, and what has come of the body with it is buffered. */
  response(response: IncomingMessage): void;
  failure(failure: Failure): void;
}

/** An exchange under way. */
export interface Exchange {
  /** Ends it without a word to the receiver: the client has left, or the answer is refused. */
  abandon(): void;
}

/**
 * One request and its answer, with one retry where a kept connection turns out dead before any byte of an answer: for
 * idempotent methods, and for all where nothing of the request had left.
 *
 * @param milliseconds until the whole answer has to be through.
 */
export function exchange(origin: Origin, outgoing: OriginRequest, milliseconds: number, receiver: Receiver): Exchange {
  let over = false;
  let connection: OriginConnection | undefined;
  let answer: IncomingMessage | undefined;
  const deadline = setTimeout(() => fail(new Failure('origin_timeout')), milliseconds);

  const finish = () => {
    over = true;
    clearTimeout(deadline);
  };
  const abandon = () => {
    finish();
    connection?.request.destroy();
    answer?.destroy();
  };
  const fail = (failure: Failure) => {
    if (over) return;
    abandon();
    receiver.failure(failure);
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
    } else if (mayRetry && isStale(error, failed) && (outgoing.idempotent || failed.nothingSent())) {
      origin.dropKeptConnections();
      attempt(false);
    } else fail(connectionFailure(error, failed.phase));
  };
  const attempt = (mayRetry: boolean) => {
    if (over) return;
    try {
      const opened = origin.open(outgoing);
      connection = opened;
      opened.request.on('error', (error) => requestFailed(error, opened, mayRetry));
      opened.request.on('upgrade', (_response, socket) => {
        socket.destroy();
        fail(new Failure('origin_invalid_response', 'another protocol'));
      });
      opened.request.on('response', (response) => {
        answer = response;
        response.on('error', (error) => requestFailed(error, opened, false));
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
  if (origin.hasKeptConnection()) setImmediate(() => setImmediate(attempt, true));
  else attempt(true);
  return { abandon };
}

const isParseError = (error: unknown) => errorCode(error).startsWith('HPE_');

function isStale(error: unknown, { request }: OriginConnection): boolean {
  return (
    request.reusedSocket &&
    ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_WRITE_AFTER_END'].includes(errorCode(error))
  );
}
