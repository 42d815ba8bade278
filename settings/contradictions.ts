import { isBurstable } from '../constructs/instance-types';
import type { Settings } from '../settings';
import { type Mistake, quote } from './mistakes';

/** Stacks of the project; a service's stack has the service's name, so it can have none of these. */
export const stackNames = [
  'state',
  'account',
  'network',
  'certificates',
  'storage',
  'host',
  'power',
  'delivery',
] as const;

type Loose = { [key: string]: unknown };

/**
 * What is wrong between settings that are each right by themselves. It reads the raw input, so that these mistakes are listed
 * together with those of form; a value of the wrong form is left to the schema.
 */
export function contradictions(input: unknown): Mistake[] {
  const root = object(input);
  const services = array(root.services).map(object);
  return [
    ...zones(root),
    ...serviceNames(services),
    ...origins(services),
    ...hostNames(services, object(root.domain).name),
    ...services.flatMap(responses),
    ...services.flatMap(cachedPaths),
    ...host(object(root.host)),
    ...clusterZones(root),
    ...dedicatedMasters(object(root.host)),
    ...power(object(root.power), services),
    ...certificates(object(root.certificates)),
    ...alarms(object(root.alarms), object(root.power)),
  ];
}

/** What is allowed but ought to be known. */
export function warnings({ services, host, power: sleep }: Settings): string[] {
  const open = services.flatMap((service, index) =>
    service.allowedCidrs
      .filter((cidr) => cidr.endsWith('/0'))
      .map((cidr) => `services[${index}].allowedCidrs: ${cidr} opens ${service.name} to the whole internet`),
  );
  const unprotected = services.flatMap((service, index) =>
    service.origin === 'elasticsearch' && !service.requireAuthorization
      ? [
          `services[${index}].requireAuthorization: requests without credentials reach the forwarder of ${service.name} and are billed`,
        ]
      : [],
  );
  const slow =
    host.cpuCredits === 'standard'
      ? ['host.cpuCredits: standard has no launch credits: first boots and late wakes crawl at a fifth of a processor']
      : [];
  const asleep =
    sleep.enabled && sleep.schedule?.start === undefined && services.every(({ wake }) => !wake)
      ? ['services[].wake: no request and no schedule wakes the host, only npm run power -- start']
      : [];
  return [...open, ...unprotected, ...slow, ...asleep];
}

/** While the host sleeps nothing can check a password: who wakes it has to be known by address or by token. */
function power(settings: Loose, services: Loose[]): Mistake[] {
  const schedule = object(settings.schedule);
  const empty = settings.schedule !== undefined && schedule.start === undefined && schedule.stop === undefined;
  const wakes = settings.enabled !== false && settings.wakeTokenHash === undefined;
  return [
    ...(empty ? [{ path: 'power.schedule', given: quote(schedule), allowed: 'a start, a stop or both' }] : []),
    ...services.flatMap(({ wake = true, allowedCidrs }, index) =>
      wakes && wake === true && array(allowedCidrs).some(isWideOpen)
        ? [
            {
              path: `services[${index}].wake`,
              given: quote(wake),
              allowed:
                'false, or a power.wakeTokenHash: this door is open to everybody, who could keep the host running',
            },
          ]
        : [],
    ),
  ];
}

/** Whoever trusts another authority than the one that signs reaches no host any more. */
function certificates({ authority = 1, trusted = [1] }: Loose): Mistake[] {
  const numbers = array(trusted);
  const twice = numbers.flatMap((number, index) =>
    numbers.indexOf(number) < index
      ? [{ path: `certificates.trusted[${index}]`, given: quote(number), allowed: 'each authority once' }]
      : [],
  );
  if (numbers.includes(authority) || !Number.isInteger(authority) || numbers.length === 0) return twice;
  return [
    ...twice,
    {
      path: 'certificates.authority',
      given: quote(authority),
      allowed: `one that is trusted: ${numbers.map(String).join(', ')}. A new one has to be trusted by hosts and doors before it signs`,
    },
  ];
}

function alarms(settings: Loose, power: Loose): Mistake[] {
  const given = (['monthlyBudget', 'monthlyHours'] as const).filter((key) => settings[key] !== undefined);
  const untold = settings.email === undefined ? given : [];
  const uncounted = power.enabled === false ? given.filter((key) => key === 'monthlyHours') : [];
  return [
    ...untold.map((key) => ({
      path: `alarms.${key}`,
      given: quote(settings[key]),
      allowed: 'nothing without an alarms.email: nobody would be told',
    })),
    ...uncounted.map((key) => ({
      path: `alarms.${key}`,
      given: quote(settings[key]),
      allowed: 'nothing with "power": { "enabled": false }: the power function counts the hours',
    })),
  ];
}

/** Whether a block is so large that it names nobody: more than a sixteenth of the internet. */
function isWideOpen(cidr: unknown): boolean {
  const prefix = Number(/\/(\d+)$/.exec(String(cidr))?.[1] ?? 128);
  return prefix < 4;
}

function zones(root: Loose): Mistake[] {
  const region = root.region;
  const given = array(object(root.network).zones);
  return given.flatMap((zone, index) => {
    if (typeof zone !== 'string') return [];
    const path = `network.zones[${index}]`;
    if (given.indexOf(zone) < index) return [{ path, given: quote(zone), allowed: 'each zone once' }];
    if (typeof region === 'string' && !zone.startsWith(region)) {
      return [{ path, given: quote(zone), allowed: `a zone of the region ${region}, such as ${region}a` }];
    }
    return [];
  });
}

function serviceNames(services: Loose[]): Mistake[] {
  const taken: readonly unknown[] = stackNames;
  return services.flatMap((service, index) => [
    ...(taken.includes(service.name)
      ? [
          {
            path: `services[${index}].name`,
            given: quote(service.name),
            allowed: `any name but a stack's: ${stackNames.join(', ')}`,
          },
        ]
      : []),
    ...(/^node-\d+$/.test(String(service.name))
      ? [
          {
            path: `services[${index}].name`,
            given: quote(service.name),
            allowed: "any name but a host's: node-0, node-1, … (certificates are kept by the name of host or service)",
          },
        ]
      : []),
    ...repeated(services, index, 'name', (entry) => entry.name),
    ...repeated(services, index, 'subdomain', (entry) => entry.subdomain ?? entry.name),
    ...repeated(
      services,
      index,
      'port',
      (entry) => entry.port ?? { elasticsearch: 9200, kibana: 5601 }[String(entry.origin)],
    ),
    ...(service.origin === 'custom' && service.port === undefined
      ? [
          {
            path: `services[${index}].port`,
            given: 'nothing',
            allowed: 'a port from 1024 to 65535: a custom origin has no default',
          },
        ]
      : []),
  ]);
}

function repeated(services: Loose[], index: number, key: string, value: (service: Loose) => unknown): Mistake[] {
  const own = services[index] && value(services[index]);
  const first = services.findIndex((service) => value(service) === own);
  if (own === undefined || first === index) return [];
  if (key === 'subdomain' && services[first]?.name === services[index]?.name) return [];
  return [{ path: `services[${index}].${key}`, given: quote(own), allowed: `another than that of services[${first}]` }];
}

function origins(services: Loose[]): Mistake[] {
  const known = services.filter(({ origin }) => ['elasticsearch', 'kibana', 'custom'].includes(String(origin)));
  return ['elasticsearch', 'kibana'].flatMap((origin) => {
    const count = known.filter((service) => service.origin === origin).length;
    // A misspelt origin is a mistake already, and may be the one that is missing here.
    if (count === 1 || (count === 0 && (services.length === 0 || known.length < services.length))) return [];
    return [
      {
        path: 'services',
        given: `${count} with the origin ${origin}`,
        allowed: `exactly one with "origin": "${origin}"`,
      },
    ];
  });
}

function responses(service: Loose, index: number): Mistake[] {
  const path = `services[${index}]`;
  const buffered = service.response === 'buffered';
  return [
    ...(service.cache !== undefined && !buffered
      ? [
          {
            path: `${path}.cache`,
            given: quote(service.cache),
            allowed: 'a cache only with "response": "buffered": streamed answers are never cached',
          },
        ]
      : []),
    ...(buffered && typeof service.timeout === 'number' && service.timeout > 29
      ? [
          {
            path: `${path}.timeout`,
            given: quote(service.timeout),
            allowed: 'at most 29 (seconds) with "response": "buffered"',
          },
        ]
      : []),
  ];
}

/** A certificate's common name holds 64 characters. Source: RequestCertificate of AWS Certificate Manager. */
function hostNames(services: Loose[], domain: unknown): Mistake[] {
  if (typeof domain !== 'string') return [];
  return services.flatMap(({ name, subdomain = name }, index) => {
    const hostName = `${subdomain}.${domain}`;
    if (typeof subdomain !== 'string' || hostName.length <= 64) return [];
    const allowed = 'a host name of at most 64 characters, the most that a certificate takes';
    return [{ path: `services[${index}].subdomain`, given: quote(hostName), allowed }];
  });
}

function cachedPaths(service: Loose, index: number): Mistake[] {
  const paths = array(object(service.cache).paths).map(String);
  const address = (path: string) => path.replaceAll(/[^A-Za-z0-9]+/g, '_');
  return paths.flatMap((path, at) => {
    const first = paths.findIndex((other) => address(other) === address(path));
    if (first === at) return [];
    const allowed = `a path that differs from paths[${first}] by letters and digits`;
    return [{ path: `services[${index}].cache.paths[${at}]`, given: quote(path), allowed }];
  });
}

/** Over two zones, one of them would take the majority along. */
function clusterZones(root: Loose): Mistake[] {
  const { nodes } = object(root.host);
  const zones = array(object(root.network).zones);
  if (typeof nodes !== 'number' || nodes < 3 || zones.length === 3 || zones.length === 0) return [];
  const allowed = `three zones, with "nodes": ${nodes}: of two, one that fails would take the majority along`;
  return [{ path: 'network.zones', given: quote(zones), allowed }];
}

/** Three that only vote leave at least two for data, so that a shard and its copy are on different ones. */
function dedicatedMasters({ masters, nodes = 1 }: Loose): Mistake[] {
  if (masters !== 'dedicated' || typeof nodes !== 'number' || nodes >= 5) return [];
  return [
    {
      path: 'host.masters',
      given: quote(masters),
      allowed: `"all" with "nodes": ${nodes}: dedicated ones need 5 or 7`,
    },
  ];
}

function host(settings: Loose): Mistake[] {
  const type = settings.instanceType;
  return [
    ...(typeof type === 'string' && settings.cpuCredits !== undefined && !isBurstable(type)
      ? [{ path: 'host.cpuCredits', given: quote(settings.cpuCredits), allowed: `nothing: ${type} has no CPU credits` }]
      : []),
    ...volume('host.rootVolume', object(settings.rootVolume), 10),
    ...volume('host.dataVolume', object(settings.dataVolume), 20),
  ];
}

/** EBS's own rules between type, size, IOPS and throughput. Source: "Amazon EBS volume types". */
function volume(path: string, settings: Loose, defaultSize: number): Mistake[] {
  const { type = 'gp3', size = defaultSize, iops, throughput } = settings;
  const mistakes: Mistake[] = [];
  const wrong = (key: string, allowed: string) =>
    mistakes.push({ path: `${path}.${key}`, given: quote(settings[key]), allowed });
  if (typeof size !== 'number') return [];
  if (type === 'gp3' && typeof iops === 'number') {
    const most = Math.min(16_000, size * 500);
    if (iops < 3_000 || iops > most) wrong('iops', `3000 to ${Math.max(3_000, most)} for gp3 of ${size} GiB`);
  }
  if (type === 'gp3' && typeof throughput === 'number' && throughput > (typeof iops === 'number' ? iops : 3_000) / 4) {
    wrong('throughput', `at most a quarter of the IOPS, ${(typeof iops === 'number' ? iops : 3_000) / 4} MiB/s`);
  }
  if (type !== 'gp3' && throughput !== undefined) wrong('throughput', 'nothing: only gp3 has a throughput of its own');
  if (type === 'gp2' && iops !== undefined) wrong('iops', 'nothing: the IOPS of gp2 follow its size');
  if (type === 'io2' && iops === undefined) wrong('iops', 'a number: io2 needs it');
  if (type === 'io2' && typeof iops === 'number' && iops > size * 1_000)
    wrong('iops', `at most ${size * 1_000} for io2 of ${size} GiB`);
  return mistakes;
}

function object(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

function array(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
