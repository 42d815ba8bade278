import { spawnSync } from 'node:child_process';
import { missingTools } from '../local/machine';
import { HostBoot, volumeId } from '../local/machine-boot/host-boot';
import type { Machine } from '../local/machine-boot/machine';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run host:boot: boots the host on this machine, with real systemd and cloud-init and the user data that these settings synthesize:
a first boot with a blank data volume, a reboot, and a replacement that takes over the volume. Ends with 0 where every boot ended ready.

Needs root on Debian (.ci/install-debian-packages), Java 17, Maven, Python. The first time takes about two minutes and 1.5 GB below .rehearsal/.
Nothing leaves this machine: Systems Manager, the metadata service and Elastic's repository are stood in for, inside a network of their own.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  --once                     the first boot only
  --shell                    a shell on the host after its last boot, as Session Manager gives one
  --console                  the whole console of each boot, not only setup's lines
`;

void runCommand(async () => {
  const { values } = readFlags(help, {
    once: { type: 'boolean', default: false },
    shell: { type: 'boolean', default: false },
    console: { type: 'boolean', default: false },
  });
  const missing = missingTools(['machine', 'java', 'maven', 'python', 'openssl']);
  if (missing.length > 0)
    throw new UserError(['the host cannot be booted here:', ...missing.map(({ advice }) => `  ${advice}`)].join('\n'));

  const start = performance.now();
  const place = await HostBoot.prepare((text) => console.log(`${elapsed(start).padStart(7)}  ${text}`));
  const interrupted = () => void place.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  try {
    let failed = 0;
    const boot = async (title: string, machine: Machine) => {
      console.log(`\n${title}`);
      const report = await machine.boot(place.volume.device, volumeId, (line) => {
        const told = /searchgate\[\d+\]: (.*)$/.exec(line)?.[1];
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
