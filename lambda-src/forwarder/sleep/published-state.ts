import { get as getPlain } from 'node:http';
import { get } from 'node:https';

/** The power function's document, as far as forwarders need it. Times are milliseconds since 1970. */
export interface PublishedState {
  readonly state: string;
  readonly since: number;
  readonly runningSince: number | undefined;
  /** Why it could not be started, in words for users. */
  readonly failure: string | undefined;
}

/** Milliseconds within which the document has to be there. */
const deadline = 1_000;
const largest = 16_384;

/** Reads the published state; undefined where it can't be had, which must not keep anybody from an answer. */
export function readState(url: string): Promise<PublishedState | undefined> {
  return new Promise((resolve) => {
    const read = url.startsWith('https:') ? get : getPlain;
    const request = read(url, { timeout: deadline, headers: { accept: 'application/json' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > largest) request.destroy();
      });
      response.on('end', () => resolve(response.statusCode === 200 ? parsed(text) : undefined));
      response.on('error', () => resolve(undefined));
    });
    const timer = setTimeout(() => request.destroy(), deadline);
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

/** Whether the hosts were told to start, or have started, no longer ago than so many milliseconds. */
export function startedWithin({ state, since, runningSince }: PublishedState, milliseconds: number): boolean {
  if (state !== 'waking' && state !== 'running') return false;
  return Date.now() - (state === 'running' ? (runningSince ?? since) : since) < milliseconds;
}

function parsed(text: string): PublishedState | undefined {
  try {
    const { state, since, runningSince, failure } = JSON.parse(text) as {
      state?: unknown;
      since?: unknown;
      runningSince?: unknown;
      failure?: { reason?: unknown };
    };
    if (typeof state !== 'string') return undefined;
    const started = Date.parse(String(runningSince));
    return {
      state,
      since: Date.parse(String(since)) || 0,
      runningSince: Number.isNaN(started) ? undefined : started,
      failure: typeof failure?.reason === 'string' ? failure.reason : undefined,
    };
  } catch {
    return undefined;
  }
}
