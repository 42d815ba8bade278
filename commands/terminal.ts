import { parseArgs } from 'node:util';
import { SettingsError } from '../settings';

// The AWS clients are pinned here; which Node their later releases want concerns no user.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** A mistake of the user's, whose message says what to do; shown without a stack trace. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Runs a command: a user's mistake ends it with exit code 1 and its message, a fault of ours with its stack trace. */
export async function runCommand(command: () => Promise<number> | number): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const users = error instanceof SettingsError || error instanceof UserError;
    console.error(users ? error.message : error);
    process.exitCode = 1;
  }
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/**
 * Reads a command's flags. `--help` prints the help and ends the process.
 *
 * @throws UserError for unknown flags and missing values
 */
export function readFlags<const Flags extends Options>(help: string, options: Flags, args = process.argv.slice(2)) {
  const withHelp = { ...options, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options: withHelp, allowPositionals: true });
    if ((values as { help?: boolean }).help === true) {
      console.log(help.trim());
      process.exit(0);
    }
    return { values: values as ReturnType<typeof parseArgs<{ options: Flags }>>['values'], positionals };
  } catch (error) {
    if (error instanceof TypeError) throw new UserError(`${error.message}\n\n${help.trim()}`);
    throw error;
  }
}

/** Seconds since `start` (of `performance.now()`), for people. */
export function elapsed(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
