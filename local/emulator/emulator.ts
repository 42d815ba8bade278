import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ProcessGroup } from '../process-group';

/** An emulated AWS account (moto), empty at first, that lives in memory only. */
export interface Emulator {
  /** `http://127.0.0.1:PORT`. The address, not a name: AWS's clients then put bucket names into the path. */
  endpoint: string;
  /** Moves the account's clock on, which then goes on from there. Returns the time that it has. */
  later(seconds: number): Promise<Date>;
  /** The end of what it complained of: calls that came again, and its own failures. */
  complaints(): string;
  stop(): Promise<void>;
}

/** A call as the emulator got it. */
export interface EmulatedCall {
  /** The access key. */
  readonly who: string;
  readonly service: string;
  /** The call's name in AWS's API. */
  readonly action: string;
  /** Of HTTP. */
  readonly method: string;
  /** Of the URL. */
  readonly path: string;
  /** Parameters of the query, or of a form. */
  readonly given: Readonly<Record<string, string>>;
  /** What was sent; empty where it is no text. */
  readonly body: string;
  /** The tags that the EC2 resources have which the call names, by their ids. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface EmulatorOptions {
  /** A file that gets a line of JSON for each call, an {@link EmulatedCall}. @default none */
  readonly calls?: string;
}

/**
 * Starts the emulated AWS and waits until it answers. It ends with the process that started it, however that ends.
 *
 * @param python an interpreter that has moto, as {@link pythonEnvironment} makes it
 * @throws when it does not come up, with what it wrote
 */
export async function startEmulator(python: string, { calls }: EmulatorOptions = {}): Promise<Emulator> {
  const group = new ProcessGroup(python, [join(__dirname, 'serve.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      // Terraform waits until a certificate is issued; moto counts seconds until it says so.
      MOTO_ACM_VALIDATION_WAIT: '1',
      // Names of instances and the like don't have to be unique across accounts here, and nothing is sent anywhere.
      MOTO_CALL_RESET_API: 'false',
      PYTHONDONTWRITEBYTECODE: '1',
      SEARCHGATE_EMULATOR_CALLS: calls,
    },
  });
  const { stdin, stdout, stderr } = group.child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('the emulator cannot be spoken to');
  let errors = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4_000);
  });
  const lines = createInterface(stdout);
  const answer = () =>
    Promise.race([
      new Promise<string>((resolve) => lines.once('line', resolve)),
      group.ended.then((code) => {
        throw new Error(`the emulated AWS ended with ${code} before it answered:\n${errors}`);
      }),
    ]);
  const endpoint = `http://127.0.0.1:${await answer()}`;
  try {
    await answering(`${endpoint}/moto-api/`);
  } catch (error) {
    await group.end();
    throw new Error(`${(error as Error).message}:\n${errors}`);
  }
  const later = async (seconds: number): Promise<Date> => {
    stdin.write(`${Math.round(seconds)}\n`);
    return new Date(await answer());
  };
  return { endpoint, later, complaints: () => errors, stop: () => group.end() };
}

async function answering(url: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; ; ) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    if (Date.now() > deadline) throw new Error(`the emulated AWS does not answer at ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
