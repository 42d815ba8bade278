import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isOutcome, setupLine } from './boot-console';
import { type Attempt, type Fault, type Phase, phases } from './faults';
import { type HostBoot, volumeId } from './host-boot';
import type { Machine } from './machine';

/** What came of one fault in one phase. */
export interface Trial {
  readonly fault: string;
  readonly phase: Phase;
  /** The line that an operator is told while it lasts; empty where nobody is left to tell. */
  readonly told: string;
  /** How the host came back: by which way, or undefined where it did not. */
  readonly healed: 'next boot' | "unit's own retry" | 'nothing to heal' | undefined;
}

/**
 * Lets faults happen to one instance, one after another: setup is held at a command of the phase, the fault begins, setup goes on, the outcome is read, the
 * fault ends, and the host has to get past that point by itself. The unit tries again after 2 s here, not 30. The host is ready in the end, or the last trial
 * says that it did not come back.
 * @param machine launched, not yet booted.
 * @param attempts faults that hit a first run in the order of the phases, since a phase is run for the first time once.
 * @param patience seconds until a host that has not come back is given up.
 */
export async function tryFaults(
  place: HostBoot,
  machine: Machine,
  attempts: readonly Attempt[],
  onTrial: (trial: Trial) => void,
  patience = 300,
): Promise<void> {
  const setup = new HeldSetup(place, machine, patience);
  await setup.prepare(attempts[0]);
  setup.boot();
  for (const [index, attempt] of attempts.entries()) {
    const { fault, phase } = attempt;
    const next = attempts[index + 1];
    const trial = (told: string, healed: Trial['healed']) => onTrial({ fault: fault.name, phase, told, healed });
    if (!(await setup.reached())) return trial(`its point was not reached: ${setup.last()}`, undefined);
    if (fault.end === undefined) {
      const off = await setup.interrupt(fault, next);
      const healed = await setup.past();
      trial(setup.failure(), healed ? (off ? 'next boot' : "unit's own retry") : undefined);
      if (!healed) return;
    } else {
      await fault.begin(place, machine);
      const told = await setup.outcome();
      await setup.lift(fault.end, next);
      const ready = told.startsWith('READY');
      if (ready) await machine.run('systemctl restart --no-block searchgate-setup.service');
      const healed = await setup.past();
      trial(told, !healed ? undefined : ready ? 'nothing to heal' : "unit's own retry");
      if (!healed) return;
    }
  }
}

/** A machine whose setup stops before a given command, and goes on when it may. */
class HeldSetup {
  private told: string[] = [];

  constructor(
    private readonly place: HostBoot,
    private readonly machine: Machine,
    private readonly patience: number,
  ) {}

  async prepare(first: Attempt | undefined): Promise<void> {
    await this.machine.write('usr/lib/machine/hold.sh', holdSetup);
    await this.machine.write(
      'etc/systemd/system/searchgate-setup.service.d/hold.conf',
      '[Service]\nEnvironment=BASH_ENV=/usr/lib/machine/hold.sh ANSWER_SECONDS=120\nRestartSec=2\n',
    );
    await this.machine.write('usr/lib/machine/hold', point(first));
  }

  boot(): void {
    const onLine = (line: string) => {
      const said = setupLine(line);
      if (said !== undefined && isOutcome(said)) this.told.push(said);
    };
    // rejected where the machine goes off, which may be the fault
    void this.machine.boot(this.place.volume.device, volumeId, onLine, 1e6).catch(() => undefined);
  }

  async reached(): Promise<boolean> {
    await this.until(() => this.isHeld() || this.isReady());
    if (this.isReady()) return false;
    this.told = [];
    return this.isHeld();
  }

  /** What was told last since the point was reached. */
  last(): string {
    return this.told.at(-1) ?? 'nothing was told';
  }

  failure(): string {
    return this.told.find((line) => line.startsWith('FAILED')) ?? '';
  }

  /** Lets a fault end setup, or the machine, which is then booted again. Gives whether it was off. */
  async interrupt(fault: Fault, next: Attempt | undefined): Promise<boolean> {
    await fault.begin(this.place, this.machine);
    if (this.machine.isOn) {
      await this.machine.run(release(next));
      return false;
    }
    await this.machine.remove('usr/lib/machine/reached');
    await this.machine.write('usr/lib/machine/hold', point(next));
    this.boot();
    return true;
  }

  /** Lets setup go on while the fault lasts. Gives what it tells. */
  async outcome(): Promise<string> {
    await this.machine.run(release(undefined));
    await this.until(() => this.told.length > 0);
    const [told = 'nothing'] = this.told;
    return told;
  }

  async lift(end: NonNullable<Fault['end']>, next: Attempt | undefined): Promise<void> {
    await end(this.place, this.machine);
    this.told = [];
    await this.machine.run(release(next));
  }

  /** Whether setup comes as far as the next point, or is ready. */
  past(): Promise<boolean> {
    return this.until(() => this.isReady() || this.isHeld());
  }

  private isReady(): boolean {
    return this.told.some((line) => line.startsWith('READY'));
  }

  private isHeld(): boolean {
    return existsSync(join(this.machine.disk, 'usr/lib/machine/reached'));
  }

  private async until(holds: () => boolean): Promise<boolean> {
    for (const deadline = Date.now() + this.patience * 1000; !holds(); await wait(100))
      if (Date.now() > deadline) return false;
    return true;
  }
}

/** A line for the file that says where setup is to be held. */
function point(attempt: Attempt | undefined): string {
  if (attempt === undefined) return '';
  const { phase, fault } = attempt;
  return `${phase} ${phases[phase][fault.end === undefined ? 'first' : 'always']}\n`;
}

/** What lets setup go on, until the next point. */
function release(next: Attempt | undefined): string {
  return `cat > /usr/lib/machine/hold << 'NEXT'\n${point(next)}NEXT\nrm -f /usr/lib/machine/reached`;
}

/** Every bash of setup reads this first. Where it is the phase in question, it stops before the command in question until it may go on. */
const holdSetup = `clocked() {
  if [ ! -e /run/wrong-clock ]; then command "$@"
  else LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=-400d FAKETIME_DONT_FAKE_MONOTONIC=1 command "$@"; fi
}
for program in date openssl aws curl dnf; do eval "$program() { clocked $program \\"\\$@\\"; }"; done
held_phase='' held_command=''
if [ -s /usr/lib/machine/hold ]; then read -r held_phase held_command < /usr/lib/machine/hold; fi
hold() {
  # shellcheck disable=SC2053
  [[ $BASH_COMMAND == $held_command ]] || return 0
  trap - DEBUG
  rm -f /usr/lib/machine/hold
  touch /usr/lib/machine/reached
  while [ -e /usr/lib/machine/reached ]; do sleep 0.1; done
}
if [ "\${0##*/}" = "$held_phase" ]; then
  set -T
  trap hold DEBUG
fi
`;
