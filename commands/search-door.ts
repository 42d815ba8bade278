import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { ParameterNames } from '../constructs/parameter-names';
import type { Settings } from '../settings';

/** What a door answered. */
export interface DoorAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The door before Elasticsearch, as a client far away comes through it: under its public name and certificate. */
export class SearchDoor {
  constructor(
    /** Without a slash at its end. */
    readonly url: string,
  ) {}

  /** The door that these settings deploy. */
  static of({ services, domain }: Settings): SearchDoor {
    const subdomain = services.find(({ origin }) => origin === 'elasticsearch')?.subdomain;
    return new SearchDoor(`https://${subdomain}.${domain.name}`);
  }

  /**
   * Asks as the user `elastic`. The password goes into a header and nowhere else.
   * @param body sent as JSON by POST; without it a GET.
   * @throws Error where no HTTP answer comes within 40 s, longer than a door holds a request while its host wakes.
   */
  async ask(path: string, password: string, body?: object): Promise<DoorAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`elastic:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(40_000),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  }
}

/** Where the password of `elastic` is kept. */
export function elasticPasswordName({ name }: Settings): string {
  return `${new ParameterNames(name).secrets}/elastic-password`;
}

/** The password of `elastic` that Systems Manager holds. @throws what the SDK throws, such as ParameterNotFound */
export async function storedPassword(ssm: SSMClient, settings: Settings): Promise<string> {
  const { Parameter } = await ssm.send(
    new GetParameterCommand({ Name: elasticPasswordName(settings), WithDecryption: true }),
  );
  return Parameter?.Value ?? '';
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
