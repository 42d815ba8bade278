import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Client, errors } from '@elastic/elasticsearch';
import { UserError } from '../commands/terminal';
import { ParameterNames } from '../constructs/parameter-names';
import type { Settings } from '../settings';

/** Flags of commands that ask as `elastic` alone; pass them to {@link openSearchClient}. */
export const addressFlags = { url: { type: 'string' }, ca: { type: 'string' } } as const;

/** Flags of commands that may ask as somebody else. */
export const doorFlags = { ...addressFlags, user: { type: 'string', default: 'elastic' } } as const;

const addressHelp = `
  --url URL                  Elasticsearch's address (default: the search door of these settings)`.slice(1);
const authorityHelp = `
  --ca FILE                  certificate authority of the address, where it is a private one
  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)`.slice(1);

/** What {@link addressFlags} are, for a command's help. */
export const addressFlagsHelp = `${addressHelp}\n${authorityHelp}`;

/** What {@link doorFlags} are, for a command's help. */
export const doorHelp = `
${addressHelp}
  --user NAME                who asks (default elastic, with the password that Systems Manager holds); for others the password is taken
                             from SEARCHGATE_PASSWORD, or asked for
${authorityHelp}`.slice(1);

export interface SearchClientOptions {
  /** @default {@link searchDoorUrl} */
  readonly url?: string;
  /** A file with the certificate authority of the address, in PEM. @default what Node trusts */
  readonly ca?: string;
  /** @default elastic */
  readonly user?: string;
  /** @default the one of `elastic` that Systems Manager holds, or SEARCHGATE_PASSWORD */
  readonly password?: string;
  /** How often a request is sent again. @default 10, the patience for a host that has to be woken first */
  readonly maxRetries?: number;
}

/** The address that these settings give the door before Elasticsearch, without a slash at its end. */
export function searchDoorUrl({ services, domain }: Settings): string {
  const subdomain = services.find(({ origin }) => origin === 'elasticsearch')?.subdomain;
  return `https://${subdomain}.${domain.name}`;
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

/**
 * A client that comes through the search door, as one far away does. The caller closes it.
 * @throws UserError where there is no password or no authority to be had
 */
export async function openSearchClient(
  settings: Settings,
  { url, user = 'elastic', ca, password, maxRetries = 10 }: SearchClientOptions,
): Promise<Client> {
  const node = url ?? searchDoorUrl(settings);
  if (!URL.canParse(node) || !/^https?:/.test(node))
    throw new UserError(`--url ${node}: an address such as https://search.example.com`);
  return new Client({
    node,
    auth: { username: user, password: password ?? (await passwordOf(settings, user)) },
    maxRetries,
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

async function passwordOf(settings: Settings, user: string): Promise<string> {
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

/** What a command that uses Elasticsearch ends with: a refusal of Elasticsearch's is for the user to read, anything else stays as it is. */
export function asUserError(error: unknown): unknown {
  return error instanceof errors.ElasticsearchClientError
    ? new UserError(`Elasticsearch did not do what it was asked: ${reasonOf(error)}`)
    : error;
}
