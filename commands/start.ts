import { help, readOptions } from '../local/rehearsal/options';
import { Rehearsal } from '../local/rehearsal/rehearsal';
import { loadSettings } from '../settings';
import { runCommand, UserError } from './terminal';

void runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    return 0;
  }
  const { settings } = loadSettings();
  const { options, mistakes } = readOptions(
    args,
    settings.services.map(({ name }) => name),
  );
  if (options === undefined) throw new UserError(`${mistakes.join('\n')}\n\nnpm start -- --help tells all flags.`);
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  return await new Rehearsal(settings, options).run(interrupted);
}).then(() => process.exit());
