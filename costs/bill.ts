import { baselinePercent, isBurstable, processors } from '../constructs/instance-types';
import type { Settings } from '../settings';
import { counted, type Line, line, number, perMillion } from './line';
import type { FreeTier, Prices } from './prices';
import { sleep } from './sleep';
import { hoursPerMonth, type Usage } from './usage';

const nothingFree: FreeTier = {
  lambdaRequests: 0,
  lambdaGbSeconds: 0,
  scheduled: 0,
  traces: 0,
  logGb: 0,
  alarms: 0,
  customMetrics: 0,
  metricsSentThousand: 0,
  transferOutGb: 0,
};

/** vCPU-hours beyond the baseline that one boot of Elasticsearch and Kibana takes: about three minutes on two processors. */
const bootVcpuHours = 0.1;

const sendsPerHour = 12;

/**
 * A month's bill for a deployment, line by line. Taxes, support plans and what others in the account use are not in it.
 *
 * @param freeTier whether what every account has free is taken off
 * @throws Error when the prices lack the instance type
 */
export function monthlyBill(settings: Settings, prices: Prices, usage: Usage, freeTier = false): Line[] {
  const free = freeTier ? prices.alwaysFree : nothingFree;
  return [
    ...host(settings, prices, usage),
    ...storage(settings, prices, usage),
    ...doors(settings, prices, usage, free),
    ...watching(settings, prices, usage, free),
    ...sleep(settings, prices, usage, free),
  ];
}

/** The sum of a bill. */
export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { amount }) => sum + amount, 0);
}

function host({ host: machine }: Settings, prices: Prices, { hours, hoursPerWake, cpuPercent }: Usage): Line[] {
  const { instanceType: type, nodes } = machine;
  const hourly = prices.instanceHour[type];
  if (hourly === undefined) throw new Error(`the prices of ${prices.region} (${prices.date}) lack ${type}`);
  const times = nodes === 1 ? '' : `${nodes} × `;
  const wakes = hours >= 730 ? 0 : Math.ceil(hours / hoursPerWake);
  const credits = machine.cpuCredits === 'unlimited' && isBurstable(type);
  // Credits that are earned below the baseline pay back what a boot took in advance.
  const beyond = ((cpuPercent - baselinePercent(type)) / 100) * processors(type) * hours;
  const vcpuHours = nodes * Math.max(0, beyond + wakes * bootVcpuHours);
  return [
    line('compute', `${times}${hours} h × ${hourly} (${type})`, nodes * hours * hourly),
    ...(credits
      ? [
          line(
            'surplus CPU credits',
            `${number(vcpuHours)} vCPU-h × ${prices.surplusCreditVcpuHour} (load ${cpuPercent} %, baseline ${baselinePercent(type)} %, ${wakes} boots)`,
            vcpuHours * prices.surplusCreditVcpuHour,
          ),
        ]
      : []),
    line('public IPv4', `${times}${hours} h × ${prices.publicIpv4Hour}`, nodes * hours * prices.publicIpv4Hour),
  ];
}

function storage({ host: machine }: Settings, prices: Prices, { snapshotGigabytes }: Usage): Line[] {
  return [
    volume('root volume', machine.rootVolume, machine.nodes, prices),
    volume('data volume', machine.dataVolume, machine.nodes, prices),
    line(
      'snapshots',
      `${number(snapshotGigabytes)} GB × ${prices.objectGbMonth}`,
      snapshotGigabytes * prices.objectGbMonth,
    ),
  ];
}

function volume(item: string, given: Settings['host']['dataVolume'], nodes: number, prices: Prices): Line {
  const { size, type } = given;
  const iops = Math.max(0, (given.iops ?? 0) - (type === 'gp3' ? 3_000 : 0));
  const throughput = Math.max(0, (given.throughput ?? 0) - 125);
  const parts: [number, string, number][] = [
    [size, 'GiB', prices.volumeGibMonth[type] ?? 0],
    [iops, 'IOPS', prices.volumeIopsMonth[type] ?? 0],
    [throughput, 'MiB/s', prices.volumeThroughputMonth[type] ?? 0],
  ];
  const billed = parts.filter(([quantity, , price]) => quantity * price > 0);
  const sum = billed.map(([quantity, unit, price]) => `${quantity} ${unit} × ${price}`).join(' + ');
  const amount = nodes * billed.reduce((so, [quantity, , price]) => so + quantity * price, 0);
  return line(item, nodes === 1 ? `${sum} (${type})` : `${nodes} × (${sum}) (${type})`, amount);
}

function doors({ services, host: { nodes } }: Settings, prices: Prices, usage: Usage, free: FreeTier): Line[] {
  const requests = usage.hours * usage.requestsPerHour;
  const memory = services.reduce((sum, service) => sum + service.memory, 0) / services.length / 1024;
  const gbSeconds = (requests * usage.requestMilliseconds * memory) / 1000;
  const transferred = (requests * usage.answerKilobytes) / 1e6;
  return [
    line('hosted zone', `1 × ${prices.hostedZoneMonth}`, prices.hostedZoneMonth),
    perMillion('requests at the doors', requests, 0, prices.restRequestMillion),
    perMillion('forwarder requests', requests, free.lambdaRequests, prices.lambdaRequestMillion),
    counted(
      'forwarder time',
      gbSeconds,
      free.lambdaGbSeconds,
      'GB-s',
      prices.lambdaGbSecond,
      `${number(requests)} × ${usage.requestMilliseconds} ms × ${number(memory)} GB = `,
    ),
    counted('data transfer out', transferred, free.transferOutGb, 'GB', prices.transferOutGb),
    ...(nodes === 1 ? [] : [betweenZones(transferred, prices, usage)]),
    ...services.flatMap(({ name, cache }) => {
      const hourly = cache === undefined ? undefined : (prices.cacheHour[String(cache.size)] ?? 0);
      return hourly === undefined ? [] : [line(`cache of ${name}`, `730 h × ${hourly}`, 730 * hourly)];
    }),
  ];
}

/**
 * Every GB that is indexed goes to its copy in another zone. Of what the doors answer, two thirds come from a node in another zone than the
 * forwarder, and two thirds of it from a shard on another node than the one that was asked. Either side pays.
 */
function betweenZones(answered: number, prices: Prices, { indexedGigabytes }: Usage): Line {
  const gigabytes = indexedGigabytes + (4 / 3) * answered;
  const both = 2 * prices.transferBetweenZonesGb;
  return line('between zones', `${number(gigabytes)} GB × ${number(both)}`, gigabytes * both);
}

function watching(settings: Settings, prices: Prices, usage: Usage, free: FreeTier): Line[] {
  const requests = usage.hours * usage.requestsPerHour;
  const traces = requests * usage.tracedShare;
  const logged = (requests * usage.logBytes) / 1e9;
  const days = settings.services.reduce((most, { logRetention }) => Math.max(most, logRetention), 0);
  const stored = (logged * days) / 30;
  const told = settings.alarms.email !== undefined;
  const { nodes } = settings.host;
  const credits = isBurstable(settings.host.instanceType) && settings.host.cpuCredits === 'standard' ? 1 : 0;
  const ofSnapshots = settings.snapshots.enabled ? 1 : 0;
  const clustered = nodes > 1 ? 1 : 0;
  // How full each data volume is, how old the last snapshot, and how the cluster is. What counts troubles has data only while there are some.
  const kinds = told ? nodes + ofSnapshots + clustered : 0;
  // A metric is paid by the hour in which it has data, and only a host that is awake sends any.
  const metrics = (kinds * usage.hours) / hoursPerMonth;
  const sent = told ? (nodes * sendsPerHour * usage.hours) / 1000 : 0;
  const hours = settings.alarms.monthlyHours === undefined ? 0 : 1;
  const ofHosts = nodes * (3 + credits) + ofSnapshots + 2 * clustered;
  const alarms = told ? ofHosts + (settings.power.enabled ? 1 : 0) + hours : 0;
  return [
    counted('logs written', logged, free.logGb, 'GB', prices.logIngestedGb),
    counted('logs kept', stored, free.logGb, 'GB', prices.logStoredGbMonth),
    perMillion('traces', traces, free.traces, prices.traceMillion),
    counted('alarms', alarms, free.alarms, '', prices.alarmMonth),
    counted(
      'custom metrics',
      metrics,
      free.customMetrics,
      '',
      prices.customMetricMonth,
      told ? `${kinds} × ${usage.hours} h / ${hoursPerMonth} h = ` : '',
    ),
    counted('metrics sent', sent, free.metricsSentThousand, 'thousand', prices.metricsSentThousand),
    ...(settings.alarms.monthlyBudget === undefined
      ? []
      : [line('budget', `1 × ${prices.budgetMonth}`, prices.budgetMonth)]),
    line('parameters', `standard ones × ${prices.parameterMonth}`, prices.parameterMonth),
  ];
}
