import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { Client } from '@elastic/elasticsearch';
import { elasticPasswordName, SearchDoor, storedPassword } from '../commands/search-door';
import { UserError } from '../commands/terminal';
import type { Settings } from '../settings';

/** Flags of commands that talk to Elasticsearch; pass them to {@link openSearchClient}. */
export const doorFlags = {
  url: { type: 'string' },
  user: { type: 'string', default: 'elastic' },
  ca: { type: 'string' },
} as const;

/** What {@link doorFlags} are, for a command's help. */
export const doorHelp = `
  --url URL                  Elasticsearch's address (default: the search door of these settings)
  --user NAME                who asks (default elastic, with the password that Systems Manager holds); for others the password is taken
                             from SEARCHGATE_PASSWORD, or asked for
  --ca FILE                  certificate authority of the address, where it is a private one
  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)`.slice(1);

/**
 * A client that has the patience for a host that has to be woken first. The caller closes it.
 * @throws UserError where there is no password or no authority to be had
 */
export async function openSearchClient(
  settings: Settings,
  { url, user = 'elastic', ca }: { url?: string; user?: string; ca?: string },
): Promise<Client> {
  const node = url ?? SearchDoor.of(settings).url;
  if (!URL.canParse(node) || !/^https?:/.test(node))
    throw new UserError(`--url ${node}: an address such as https://search.example.com`);
  return new Client({
    node,
    auth: { username: user, password: await password(settings, user) },
    maxRetries: 10,
    requestTimeout: 60_000,
    ...(ca !== undefined && { tls: { ca: authority(ca) } }),
  });
}

function authority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`--ca ${file}: a file with a certificate in PEM (${(error as Error).message})`);
  }
}

async function password(settings: Settings, user: string): Promise<string> {
  const given = process.env.SEARCHGATE_PASSWORD;
  if (given !== undefined && given !== '') return given;
  if (user !== 'elastic') return askFor(user);
  const ssm = new SSMClient({ region: settings.region, maxAttempts: 2 });
  try {
    return (await storedPassword(ssm, settings)).trim();
  } catch (error) {
    throw new UserError(
      `the password of elastic could not be read from ${elasticPasswordName(settings)} in ${settings.region}: ${(error as Error).message}\n` +
        'Log in to AWS, or give the password in SEARCHGATE_PASSWORD.',
    );
  } finally {
    ssm.destroy();
  }
}

/** Asked for at the terminal, without showing what is typed. */
async function askFor(user: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UserError(`no password for ${user}: put it into SEARCHGATE_PASSWORD`);
  process.stderr.write(`Password of ${user}: `);
  const asking = createInterface({ input: process.stdin, output: undefined, terminal: true });
  try {
    return await asking.question('');
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}

/** What Elasticsearch says went wrong, in one line, for a message to a user. */
export function reasonOf(error: unknown): string {
  const { meta, message } = error as {
    meta?: { body?: { error?: { reason?: string; caused_by?: { reason?: string } } } };
    message?: string;
  };
  const { reason, caused_by: cause } = meta?.body?.error ?? {};
  if (reason === undefined) return message ?? String(error);
  return cause?.reason === undefined || reason.includes(cause.reason) ? reason : `${reason}: ${cause.reason}`;
}
