import type { ServiceSettings } from '../../settings';
import { type Answer, ask, type Question } from './ask';

/** A request through a door and what has to come back. */
export interface Expectation {
  /** What must hold, for people. */
  name: string;
  question: Question;
  status: number;
  /** Anything more; returns what is wrong with the answer. */
  look?: (answer: Answer) => string | undefined;
}

export interface CheckResult {
  name: string;
  /** What came back instead; undefined where all is well. */
  complaint: string | undefined;
}

/** What gets a request past the gateway of a service, as the user `elastic`. */
export function credentials({ requireAuthorization }: ServiceSettings, password: string): Record<string, string> {
  if (!requireAuthorization) return {};
  return { authorization: `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}` };
}

/** Asks, and compares. */
export async function put(
  url: string,
  service: string,
  { name, question, status, look }: Expectation,
): Promise<CheckResult> {
  const answer = await ask(url, question);
  const complaint =
    answer.status === status
      ? look?.(answer)
      : `status ${answer.status} instead of ${status}: ${answer.body.toString('utf8').slice(0, 300)}`;
  return { name: `${service}: ${name}`, complaint };
}

/** The gateway's and the forwarder's own errors have Elasticsearch's shape and say nothing of who runs them. */
export function ownError(answer: Answer, status: number): string | undefined {
  const text = answer.body.toString('utf8');
  const { error, status: told } = json<{ error?: { type?: string; reason?: string }; status?: number }>(answer);
  if (error?.type === undefined || error.reason === undefined || told !== status)
    return `not Elasticsearch's error shape: ${text}`;
  return /amazon|aws|lambda|arn:|gateway/i.test(text) ? `it says who runs it: ${text}` : undefined;
}

export function differs(given: unknown, wanted: unknown): string | undefined {
  return given === wanted ? undefined : `${JSON.stringify(given)} instead of ${JSON.stringify(wanted)}`;
}

/** An answer's JSON; without a key where it is none. */
export function json<Shape extends object>(answer: Answer): Partial<Shape> {
  try {
    return JSON.parse(answer.body.toString('utf8')) as Shape;
  } catch {
    return {};
  }
}
