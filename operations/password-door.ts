import { errors } from '@elastic/elasticsearch';
import type { Settings } from '../settings';
import { openSearchClient, reasonOf, searchDoorUrl } from './search-client';

/** Why a door did not do what it was asked to. */
export interface Refusal {
  /** HTTP's; undefined where nobody answered. */
  readonly status: number | undefined;
  readonly text: string;
}

/** The search door, asked once for each question: a second one could hide what became of the first. */
export class PasswordDoor {
  readonly url: string;

  constructor(
    private readonly settings: Settings,
    private readonly flags: { readonly url?: string; readonly ca?: string },
  ) {
    this.url = (flags.url ?? searchDoorUrl(settings)).replace(/\/$/, '');
  }

  /** Why a password is not taken, or, where another is given, why it was not changed; undefined where all is well. */
  async refusal(password: string, changeTo?: string): Promise<Refusal | undefined> {
    const client = await openSearchClient(this.settings, { ...this.flags, url: this.url, password, maxRetries: 0 });
    try {
      if (changeTo === undefined) await client.security.authenticate();
      else await client.security.changePassword({ username: 'elastic', password: changeTo });
      return undefined;
    } catch (error) {
      const { statusCode: status, body } = error instanceof errors.ResponseError ? error : {};
      if (status === undefined) return { status, text: `${this.url} does not answer: ${reasonOf(error)}` };
      const { type } = (body as { error?: { type?: string } } | undefined)?.error ?? {};
      return { status, text: `${this.url} answered ${status} ${type ?? ''}: ${reasonOf(error)}` };
    } finally {
      await client.close();
    }
  }
}
