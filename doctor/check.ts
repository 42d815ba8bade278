import type { Configuration } from '../local/terraform/configuration';
import type { Settings } from '../settings';
import type { AwsAccount } from './aws-account';
import type { NameServers } from './domain-checks';

/** What a check found out. */
export interface Outcome {
  /** `problem`: a deploy would fail, or hang. `unsure`: it could not be checked, or is worth a look. */
  readonly status: 'ok' | 'problem' | 'unsure';
  readonly found: string;
  /** What to do, where there is something to do. */
  readonly advice?: string;
}

/** What the checks look at. */
export interface Surroundings {
  readonly settings: Settings;
  /** What the settings synthesize, by stack, without the state bucket's own. */
  stacks(): ReadonlyMap<string, Configuration>;
  readonly aws: AwsAccount;
  /** Who is asked about names in public DNS; undefined where public DNS has nothing to do with the account, as in a rehearsal. */
  readonly dns: NameServers | undefined;
  /** Whether the account is emulated on this machine. */
  readonly emulated: boolean;
}

/** One thing that a deploy would stumble over late. */
export interface Check {
  readonly name: string;
  /** Whether it asks AWS, and so can't be answered without credentials. */
  readonly needsAccount: boolean;
  run(surroundings: Surroundings): Promise<Outcome>;
}

export interface Result extends Outcome {
  readonly name: string;
}

export function ok(found: string): Outcome {
  return { status: 'ok', found };
}

export function problem(found: string, advice: string): Outcome {
  return { status: 'problem', found, advice };
}

export function unsure(found: string, advice?: string): Outcome {
  return { status: 'unsure', found, ...(advice !== undefined && { advice }) };
}

/**
 * Runs every check at once and returns what each found, in their order. A check that fails by itself is `unsure`, with the reason;
 * where the account can't be reached, what would ask it is left out.
 *
 * @param credentials the check that tells whether the account can be reached
 */
export async function examine(
  credentials: Check,
  checks: readonly Check[],
  surroundings: Surroundings,
): Promise<Result[]> {
  const first = await attempt(credentials, surroundings);
  const reached = first.status === 'ok';
  const others = checks.map((check) =>
    check.needsAccount && !reached
      ? { name: check.name, ...unsure('not checked, since the account cannot be reached') }
      : attempt(check, surroundings),
  );
  return [first, ...(await Promise.all(others))];
}

async function attempt(check: Check, surroundings: Surroundings): Promise<Result> {
  try {
    return { name: check.name, ...(await check.run(surroundings)) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const denied = /AccessDenied|UnauthorizedOperation|Forbidden/.test(name);
    return {
      name: check.name,
      ...unsure(
        `not checked: ${message || name}`,
        denied ? 'these credentials may not look; a deploy needs to' : undefined,
      ),
    };
  }
}
