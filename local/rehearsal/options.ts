import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { isEmulated } from '../terraform/workspace';

/** What `npm start` is asked for. */
export interface RehearsalOptions {
  /** Do everything, send real requests, take it down, end with 0 or 1. */
  check: boolean;
  /** Deploy into the emulated AWS first. */
  deploy: boolean;
  /** An emulated AWS in which everything is deployed already, whoever did it. */
  gateway: URL | undefined;
  /** Servers of the user's own behind the doors, by service. Their host is the name that their certificate has to carry. */
  origins: Map<string, URL>;
  /** The file with the CA certificates of those servers, PEM. */
  originAuthority: string | undefined;
  /** Ports of the doors, by service; a door without one takes any free port. */
  ports: Map<string, number>;
  /** Stop after this many minutes without a request; 0 is never. */
  idleMinutes: number;
  /** The host sleeps after this many minutes without use; undefined is as deployed. */
  sleepAfter: number | undefined;
}

export const help = `
npm start: the whole system on this machine. Bundles, synthesizes, deploys every stack into an emulated AWS,
puts an origin behind, and serves the doors on 127.0.0.1 until Ctrl-C.

  --check                send real requests through the doors, take everything down, end with 0 or 1
  --no-deploy            serve what the synthesized configuration says, without emulated AWS and Terraform
  --gateway ENDPOINT     serve what is deployed in an emulated AWS already, by whatever means, such as
                         http://127.0.0.1:5000; its APIs have the names of the settings
  --search-origin URL    a server of your own behind the door "search", such as https://search.example.org:9200
  --kibana-origin URL    the same for "kibana"
  --origin NAME=URL      the same for any service
  --origin-ca FILE       the CA certificates of those servers, PEM
  --search-port N        the door's port (8920)
  --kibana-port N        the door's port (8560)
  --port NAME=N          the same for any service (any free port)
  --sleep-after N        the host falls asleep after N minutes without use, 2 or more (power.idleMinutes of the settings)
  --idle-minutes N       end all of it after N minutes without a request (60; 0 is never)
  --help

A URL's host is the name that the server's certificate has to carry. SEARCHGATE_SETTINGS names the settings file
(settings/example.json), SEARCHGATE_PROVIDER_MIRROR a mirror of Terraform's providers.
After "npm start" write flags behind "--": npm start -- --check
`.trim();

const flags = {
  help: { type: 'boolean', short: 'h' },
  check: { type: 'boolean' },
  'no-deploy': { type: 'boolean' },
  gateway: { type: 'string' },
  'search-origin': { type: 'string' },
  'kibana-origin': { type: 'string' },
  origin: { type: 'string', multiple: true },
  'origin-ca': { type: 'string' },
  'search-port': { type: 'string' },
  'kibana-port': { type: 'string' },
  port: { type: 'string', multiple: true },
  'sleep-after': { type: 'string' },
  'idle-minutes': { type: 'string' },
} as const;

const defaultPorts: ReadonlyMap<string, number> = new Map([
  ['search', 8920],
  ['kibana', 8560],
]);

/**
 * Reads the flags of `npm start`.
 *
 * @param services the services that the settings have
 * @returns the options, or every mistake as a line for the user
 */
export function readOptions(
  args: string[],
  services: readonly string[],
): { options: RehearsalOptions; mistakes: [] } | { options?: undefined; mistakes: string[] } {
  const { values, tokens } = parseArgs({ args, options: flags, strict: false, allowPositionals: true, tokens: true });
  const mistakes = tokens.flatMap((token) => tokenMistake(token) ?? []);
  const text = (name: keyof typeof flags): string[] =>
    [values[name] ?? []].flat().filter((value): value is string => typeof value === 'string');

  const origins = new Map<string, URL>();
  // An unattended check takes whatever port is free, so that it runs beside anything else.
  const ports = new Map<string, number>(values.check === true ? [] : defaultPorts);
  const serviceOf = (flag: string, name: string): string => {
    if (!services.includes(name))
      mistakes.push(`${flag}: no service "${name}" in the settings; they have ${services.join(', ')}`);
    return name;
  };
  const addOrigin = (flag: string, name: string, given: string): void => {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url?.protocol === 'https:' && url.pathname === '/' && url.search === '')
      origins.set(serviceOf(flag, name), url);
    else mistakes.push(`${flag} ${given}: allowed is https://HOST:PORT, without a path`);
  };
  const addPort = (flag: string, name: string, given: string): void => {
    const port = Number(given);
    if (/^\d+$/.test(given) && port >= 1 && port <= 65_535) ports.set(serviceOf(flag, name), port);
    else mistakes.push(`${flag} ${given}: allowed is a port from 1 to 65535`);
  };
  const named = (flag: string, given: string, add: (flag: string, name: string, rest: string) => void): void => {
    const [, name, rest] = /^([^=]+)=(.+)$/.exec(given) ?? [];
    if (name === undefined || rest === undefined) mistakes.push(`${flag} ${given}: allowed is ${flag} NAME=…`);
    else add(flag, name, rest);
  };
  for (const name of ['search', 'kibana'] as const) {
    for (const given of text(`${name}-origin`)) addOrigin(`--${name}-origin`, name, given);
    for (const given of text(`${name}-port`)) addPort(`--${name}-port`, name, given);
  }
  for (const given of text('origin')) named('--origin', given, addOrigin);
  for (const given of text('port')) named('--port', given, addPort);

  const [idle = '60'] = text('idle-minutes');
  if (!/^\d{1,5}$/.test(idle))
    mistakes.push(`--idle-minutes ${idle}: allowed is a whole number of minutes, 0 for never`);
  const [sleepAfter] = text('sleep-after');
  // A forwarder notes use once a minute: with less than two, a host in use would fall asleep.
  if (
    sleepAfter !== undefined &&
    !(/^\d{1,4}$/.test(sleepAfter) && Number(sleepAfter) >= 2 && Number(sleepAfter) <= 1_440)
  )
    mistakes.push(`--sleep-after ${sleepAfter}: allowed is a whole number of minutes from 2 to 1440`);
  if (sleepAfter !== undefined && values['no-deploy'] === true)
    mistakes.push('--sleep-after: with --no-deploy there is no power function that could put the host to sleep');
  const [gateway] = text('gateway');
  if (gateway !== undefined && !isEmulated({ AWS_ENDPOINT_URL: gateway })) {
    mistakes.push(`--gateway ${gateway}: allowed is http://127.0.0.1:PORT, an emulated AWS on this machine`);
  }
  if (gateway !== undefined && values['no-deploy'] === true) {
    mistakes.push('--gateway and --no-deploy: one serves what is deployed, the other what is not; give one of them');
  }
  const [originAuthority] = text('origin-ca');
  if (originAuthority !== undefined && origins.size === 0) {
    mistakes.push('--origin-ca: there is no --search-origin, --kibana-origin or --origin that it could be for');
  }
  if (originAuthority === undefined && origins.size > 0) {
    mistakes.push(`--origin-ca FILE is needed with servers of your own: a forwarder trusts no public authority`);
  } else if (originAuthority !== undefined && !existsSync(originAuthority)) {
    mistakes.push(`--origin-ca ${originAuthority}: there is no such file`);
  }
  const taken = new Map<number, string>();
  for (const [name, port] of ports) {
    if (!services.includes(name)) continue;
    const other = taken.get(port);
    if (other !== undefined) mistakes.push(`port ${port}: ${other} and ${name} can not both have it`);
    taken.set(port, name);
  }
  if (mistakes.length > 0) return { mistakes };
  const options = {
    check: values.check === true,
    deploy: values['no-deploy'] !== true,
    gateway: gateway === undefined || mistakes.length > 0 ? undefined : new URL(gateway),
    origins,
    originAuthority,
    ports,
    idleMinutes: Number(idle),
    sleepAfter: sleepAfter === undefined ? undefined : Number(sleepAfter),
  };
  return { options, mistakes: [] };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function tokenMistake(token: Token): string | undefined {
  if (token.kind === 'positional') return `${token.value}: not a flag`;
  if (token.kind !== 'option') return undefined;
  const flag = Object.entries(flags).find(([name]) => name === token.name)?.[1];
  if (flag === undefined) {
    const near = closest(token.name, Object.keys(flags));
    const hint = distance(token.name, near) <= 3 ? `; did you mean --${near}?` : '';
    return `${token.rawName}: unknown${hint}`;
  }
  if (flag.type === 'string' && token.value === undefined) return `${token.rawName}: a value is missing`;
  if (flag.type === 'boolean' && token.value !== undefined) return `${token.rawName}: takes no value`;
  return undefined;
}
