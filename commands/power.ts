import { createHash, randomBytes } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { loadSettings, type Settings } from '../settings';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run power -- ORDER: starts, stops and asks for the host, through the power function. Needs credentials that may invoke it.

  start              start it now; no limit of wakes counts this
  stop               stop it as soon as nobody has used it for ten minutes
  stop --now         stop it now, whoever uses it
  status             what is known of it
  keep-awake 4h      do not stop it for four hours (m, h or d; at most 31d); it does not start it
  keep-awake off     take that back
  token              make a wake token and its hash for power.wakeTokenHash; asks nobody

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --json                     the answer for programs
`;

const milliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 };

void runCommand(async () => {
  const { values, positionals } = readFlags(help, {
    now: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const [order, ...further] = positionals;
  const { settings } = loadSettings();
  if (order === 'token') return printToken(settings);
  const answer = await invoke(settings, eventOf(order, further, values.now ?? false));
  console.log(values.json ? JSON.stringify(answer, null, 2) : described(answer));
  return 0;
});

/** @throws UserError for an order that there is not */
function eventOf(order: string | undefined, further: string[], now: boolean): { action: string; until?: string } {
  const [duration] = further;
  switch (order) {
    case 'start':
    case 'status':
      return { action: order };
    case 'stop':
      return { action: now ? 'stop-now' : 'stop' };
    case 'keep-awake':
      return duration === 'off' ? { action: order } : { action: order, until: later(duration ?? '') };
    default:
      throw new UserError(`${order === undefined ? 'No order' : `No such order: ${order}`}\n\n${help.trim()}`);
  }
}

function later(duration: string): string {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(duration) ?? [];
  if (unit === '') throw new UserError(`keep-awake ${duration}: a time such as 90m, 4h or 2d, or off`);
  return new Date(Date.now() + Number(count) * milliseconds[unit as keyof typeof milliseconds]).toISOString();
}

/** What the power function answers: the state document. */
interface Answer {
  state?: string;
  since?: string;
  keepAwakeUntil?: string;
  stopPending?: boolean;
  failure?: { reason?: string };
  wakes?: { day?: string; count?: number };
  hoursThisMonth?: number;
}

async function invoke({ name, region, power }: Settings, event: object): Promise<Answer> {
  if (!power.enabled) throw new UserError('power.enabled is false in these settings: there is no power function');
  const client = new LambdaClient({ region });
  try {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({ FunctionName: `${name}-power`, Payload: JSON.stringify(event) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) {
      const { errorMessage } = JSON.parse(text) as { errorMessage?: string };
      throw new UserError(`the power function failed: ${errorMessage}\nIts log is /aws/lambda/${name}-power.`);
    }
    return JSON.parse(text) as Answer;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name}-power in ${region} could not be invoked: ${(error as Error).message}`);
  } finally {
    client.destroy();
  }
}

function described({ state, since, keepAwakeUntil, stopPending, failure, wakes, hoursThisMonth }: Answer): string {
  return [
    `${state} since ${since}`,
    ...(failure?.reason === undefined ? [] : [failure.reason]),
    ...(stopPending ? ['stops as soon as nobody has used it for ten minutes'] : []),
    ...(keepAwakeUntil !== undefined && Date.parse(keepAwakeUntil) > Date.now()
      ? [`kept awake until ${keepAwakeUntil}`]
      : []),
    `woken ${wakes?.count} times on ${wakes?.day}`,
    ...(hoursThisMonth === undefined ? [] : [`ran ${hoursThisMonth} hours this month`]),
  ].join('\n');
}

function printToken({ services, domain }: Settings): number {
  const token = randomBytes(24).toString('base64url');
  const kibana = services.find(({ origin }) => origin === 'kibana');
  console.log(
    `token   ${token}\nhash    ${createHash('sha256').update(token).digest('hex')}\n\nThe hash goes into the settings as power.wakeTokenHash, the token to those who may wake the host:\nin the header X-Searchgate-Wake, or by opening https://${kibana?.subdomain}.${domain.name}/?searchgate-wake=${token} once.`,
  );
  return 0;
}
