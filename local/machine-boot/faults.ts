import type { HostBoot } from './host-boot';
import type { Machine } from './machine';

/** What a host's setup does, in order, each with a command of it that a first run executes and one that every run does (patterns of bash). */
export const phases = {
  system: { first: 'systemctl daemon-reload*', always: 'systemctl --quiet mask*' },
  volume: { first: 'mkfs.ext4*', always: '*findmnt --noheadings --output SOURCE*' },
  packages: { first: 'rm "$run/dnf.log"*', always: 'version=$(cat "$record"*' },
  parameters: { first: 'put_parameter*', always: 'missing=*' },
  configuration: { first: 'certificate kibana*', always: 'certificate kibana*' },
  credentials: { first: 'remember keystore*', always: 'touch *' },
  services: { first: 'until_it_does*kibana*', always: 'until_it_does*kibana*' },
  password: { first: 'mv "$record.new"*', always: 'known=*' },
} as const;
export type Phase = keyof typeof phases;

export interface Fault {
  readonly name: string;
  /** At the point; setup waits meanwhile and goes on afterwards, unless it was ended. */
  readonly begin: (place: HostBoot, machine: Machine) => Promise<void>;
  /**
   * Takes it away again, in a run of setup that it then has lasted all through from the point. What ends setup or the machine has nothing to take away, and
   * hits at what only a first run does.
   */
  readonly end?: (place: HostBoot, machine: Machine) => Promise<void>;
  /** Phases that it is tried in; all without it. */
  readonly only?: readonly Phase[];
}

/** All room there is, in steps that get smaller; again after what was deleted before has really come free. */
const fillUp = (folder: string) =>
  `for round in 1 2 3; do sync; for size in 1G 100M 10M 1M 64K 4K; do while fallocate --length $size ${folder}/filler-$((n += 1)) 2> /dev/null; do :; done; done; done`;
const empty = (folder: string) => `rm -f ${folder}/filler-*`;
const inside =
  (command: string): Fault['begin'] =>
  async (_, machine) =>
    void (await machine.run(command));

/** What is tried in every phase. */
export const faults = [
  { name: 'power cut', begin: (_, machine) => machine.powerCut() },
  { name: 'kill -9 of setup', begin: inside('systemctl kill --signal=KILL searchgate-setup.service') },
  {
    name: 'download cut off',
    only: ['packages'],
    begin: (place) => place.neighbours.breakDownloads(true),
    end: (place) => place.neighbours.breakDownloads(false),
  },
  { name: 'root disk full', begin: inside(fillUp('/var/tmp')), end: inside(empty('/var/tmp')) },
  {
    name: 'data volume full',
    only: ['packages', 'parameters', 'configuration', 'credentials', 'services', 'password'],
    begin: inside(fillUp('/srv/searchgate')),
    end: inside(empty('/srv/searchgate')),
  },
  {
    name: 'Systems Manager throttles',
    begin: (place) => place.neighbours.throttle(1e6),
    end: (place) => place.neighbours.throttle(0),
  },
  {
    name: 'Systems Manager absent',
    begin: (place) => place.neighbours.hideParameters(true),
    end: (place) => place.neighbours.hideParameters(false),
  },
  { name: 'clock 400 days behind', begin: inside('touch /run/wrong-clock'), end: inside('rm -f /run/wrong-clock') },
] as const satisfies readonly Fault[];

/** One fault in one phase, to be tried. */
export interface Attempt {
  readonly fault: Fault;
  readonly phase: Phase;
}

/** Every phase that a fault is tried in, in the order of setup. */
export function attemptsOf(fault: Fault): Attempt[] {
  return (fault.only ?? (Object.keys(phases) as Phase[])).map((phase) => ({ fault, phase }));
}

/** A fault by its name. */
export function faultNamed(name: (typeof faults)[number]['name']): Fault {
  return faults.find((fault) => fault.name === name) as Fault;
}

/** @param chosen as in `power-cut/packages`, `power-cut` or `/packages`, which mean all phases and all faults. */
export function isChosen({ fault, phase }: Attempt, chosen: string): boolean {
  const [name = '', part = ''] = chosen.split('/');
  return (name === '' || slug(fault) === name) && (part === '' || part === phase);
}

/** A fault's name as it is typed, as in `power-cut`. */
export function slug({ name }: Fault): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
