import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { PasswordDoor } from '../operations/password-door';
import { addressFlags, addressFlagsHelp, elasticPasswordName, storedPassword } from '../operations/search-client';
import { loadSettings, type Settings } from '../settings';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run password: gives the user elastic a new password, in Elasticsearch and in Systems Manager, and shows it.

It comes in through the search door with the password that Systems Manager holds, so the host has to be awake. Nothing is changed where that one is not valid.
Systems Manager keeps earlier values (aws ssm get-parameter-history), so neither password is lost, wherever this is cut off: run it again.

  --show                     show the password that Systems Manager holds, and change nothing
  --on-host                  leave it to the host, which takes over what is new in Systems Manager at its next boot: where the password was lost,
                             was changed elsewhere, or the door is closed
  --stdin                    read the new password from standard input instead of making one
${addressFlagsHelp}
`;

/** What Elasticsearch asks of a password at least, in characters. */
const shortest = 6;

void runCommand(async () => {
  const { values } = readFlags(help, {
    show: { type: 'boolean', default: false },
    'on-host': { type: 'boolean', default: false },
    stdin: { type: 'boolean', default: false },
    ...addressFlags,
  });
  if (values.show && (values['on-host'] || values.stdin))
    throw new UserError('--show changes nothing: leave --on-host and --stdin out');
  const { settings } = loadSettings();
  const ssm = new SSMClient({ region: settings.region });
  try {
    if (values.show) {
      console.log(await current(ssm, settings));
      return 0;
    }
    const password = values.stdin ? await given() : randomBytes(24).toString('hex');
    const door = new PasswordDoor(settings, values);
    if (values['on-host']) {
      await store(ssm, settings, password);
      console.log(
        `${password}\n\nIn Systems Manager. The host takes it over at its next boot, or now: npm run power -- stop --now, then start;\nor on the host: sudo systemctl restart searchgate-setup`,
      );
    } else {
      await change(ssm, settings, door, password);
      console.log(password);
    }
    return 0;
  } finally {
    ssm.destroy();
  }
});

/** Looks first, then stores, then changes: whatever happens in between, Systems Manager knows both passwords. */
async function change(ssm: SSMClient, settings: Settings, door: PasswordDoor, password: string): Promise<void> {
  const before = await current(ssm, settings);
  const refusal = await door.refusal(before);
  if (refusal?.status === 401)
    throw new UserError(
      `${door.url} does not take the password that Systems Manager holds: it was changed elsewhere. Nothing is changed. With --on-host the host sets it anew.`,
    );
  if (refusal !== undefined) throw new UserError(`${refusal.text}. Nothing is changed. ${later}`);

  await store(ssm, settings, password);
  const refused = await door.refusal(before, password);
  if (refused === undefined) return;
  // it may have arrived all the same
  const invalid = await door.refusal(password);
  if (invalid === undefined) return;
  if (invalid.status === undefined)
    throw new UserError(
      `${refused.text}\nWhether the password was changed is not known. Systems Manager holds the new one, and the one before in its history; at its next boot the host takes the new one.`,
    );
  await store(ssm, settings, before);
  throw new UserError(`${refused.text}\nThe password is what it was, in Elasticsearch and in Systems Manager.`);
}

const later = 'Where the host sleeps: npm run power -- start, then again; or use --on-host.';

async function current(ssm: SSMClient, settings: Settings): Promise<string> {
  const name = elasticPasswordName(settings);
  try {
    return await storedPassword(ssm, settings);
  } catch (error) {
    const { name: code, message } = error as Error;
    if (code === 'ParameterNotFound')
      throw new UserError(
        `There is no ${name} in ${settings.region}. Either the host has not booted yet, or it was lost: npm run password -- --on-host makes one and the host takes it over.`,
      );
    throw new UserError(`${name} in ${settings.region} could not be read: ${message}`);
  }
}

async function store(ssm: SSMClient, settings: Settings, Value: string): Promise<void> {
  const Name = elasticPasswordName(settings);
  try {
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  } catch (error) {
    throw new UserError(`${Name} in ${settings.region} could not be written: ${(error as Error).message}`);
  }
}

async function given(): Promise<string> {
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password.length < shortest || /[\r\n\t]/.test(password))
    throw new UserError(
      `The password on standard input has ${password.length} characters: one line of at least ${shortest}, without tabs`,
    );
  return password;
}
