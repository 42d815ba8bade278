import { spawnSync } from 'node:child_process';
import { missingTools } from '../local/machine';
import { setupLine } from '../local/machine-boot/boot-console';
import { type Trial, tryFaults } from '../local/machine-boot/fault-trial';
import { type Attempt, attemptsOf, faults, isChosen, phases, slug } from '../local/machine-boot/faults';
import { HostBoot, volumeId } from '../local/machine-boot/host-boot';
import type { Machine } from '../local/machine-boot/machine';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run host:boot: boots the host on this machine, with real systemd and cloud-init and the user data that these settings synthesize:
a first boot with a blank data volume, a reboot, and a replacement that takes over the volume. Ends with 0 where every boot ended ready.

Needs root on Debian (.ci/install-debian-packages), Java 17, Maven, Python. The first time takes about two minutes and 1.5 GB below .rehearsal/.
Nothing leaves this machine: Systems Manager, the metadata service and Elastic's repository are stood in for, inside a network of their own.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --faults                   instead, on new instances, every fault in every phase of setup: power cut, kill -9, a download cut off, full disks, Systems
                             Manager throttled or absent, a wrong clock. A table at the end; 0 where the host came back from all of them
  --only FAULT[/PHASE]       with --faults: this fault, in this phase; /PHASE for every fault in it. Can be given more than once.
                             FAULT: ${faults.map(slug).join(', ')}
                             PHASE: ${Object.keys(phases).join(', ')}
  --once                     the first boot only
  --shell                    a shell on the host after its last boot, as Session Manager gives one
  --console                  the whole console of each boot, not only setup's lines
`;

void runCommand(async () => {
  const { values } = readFlags(help, {
    faults: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    once: { type: 'boolean', default: false },
    shell: { type: 'boolean', default: false },
    console: { type: 'boolean', default: false },
  });
  const attempts = chosenAttempts(values.faults === true, values.only);
  const missing = missingTools(['machine', 'java', 'maven', 'python', 'openssl']);
  if (missing.length > 0)
    throw new UserError(['the host cannot be booted here:', ...missing.map(({ advice }) => `  ${advice}`)].join('\n'));

  const start = performance.now();
  const place = await HostBoot.prepare((text) => console.log(`${elapsed(start).padStart(7)}  ${text}`));
  const interrupted = () => void place.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  try {
    if (values.faults === true) return await everyFault(place, attempts, start);
    let failed = 0;
    const boot = async (title: string, machine: Machine) => {
      console.log(`\n${title}`);
      const report = await machine.boot(place.volume.device, volumeId, (line) => {
        const told = setupLine(line);
        if (values.console === true) console.log(line);
        else if (told !== undefined) console.log(`  ${told}`);
      });
      console.log(`  ${report.seconds.toFixed(1)} s from power-on`);
      if (report.outcome === 'FAILED') failed++;
    };
    let machine = await place.launch();
    await boot('First boot, blank data volume', machine);
    if (values.once !== true) {
      await machine.powerOff();
      await boot('Reboot', machine);
      await machine.powerOff();
      machine = await place.launch();
      await boot('A new instance with the old data volume', machine);
    }
    if (values.shell === true) spawnSync('nsenter', await machine.insideOf('bash', '--login'), { stdio: 'inherit' });
    await machine.powerOff();
    return failed === 0 ? 0 : 1;
  } finally {
    process.removeListener('SIGINT', interrupted);
    await place.close();
  }
});

/** @throws UserError that names every word of `--only` that means nothing. */
function chosenAttempts(wanted: boolean, only: readonly string[] | undefined): Attempt[] {
  const all = faults.flatMap(attemptsOf);
  if (only === undefined) return all;
  if (!wanted) throw new UserError('--only goes with --faults');
  const unknown = only.filter((word) => !all.some((attempt) => isChosen(attempt, word)));
  if (unknown.length > 0)
    throw new UserError(
      `--only ${unknown.join(', ')}: not a fault with a phase that it is tried in.\n\n${help.trim()}`,
    );
  return all.filter((attempt) => only.some((word) => isChosen(attempt, word)));
}

/** A new instance with a blank volume for each fault, all its phases in turn. Tells each outcome as it comes, and all of them as a table in Markdown. */
async function everyFault(place: HostBoot, attempts: readonly Attempt[], start: number): Promise<number> {
  const trials: Trial[] = [];
  for (const fault of faults) {
    const its = attempts.filter((attempt) => attempt.fault.name === fault.name);
    if (its.length === 0) continue;
    console.log(`\n${fault.name}`);
    await place.startOver();
    const machine = await place.launch();
    await tryFaults(place, machine, its, (trial) => {
      trials.push(trial);
      console.log(`${elapsed(start).padStart(9)}  ${trial.phase.padEnd(13)}  ${trial.healed ?? 'DID NOT COME BACK'}`);
      if (trial.told !== '') console.log(`${' '.repeat(11)}${trial.told}`);
    });
    await machine.powerCut();
  }
  console.log('\n| fault | phase | what the host tells | comes back by |\n| --- | --- | --- | --- |');
  for (const { fault, phase, told, healed } of trials)
    console.log(`| ${fault} | ${phase} | ${told || 'nothing'} | ${healed ?? '**does not**'} |`);
  const healed = trials.filter((trial) => trial.healed !== undefined).length;
  console.log(`\n${attempts.length} chosen, ${trials.length} tried, ${healed} came back, ${elapsed(start)}`);
  return healed === attempts.length ? 0 : 1;
}
