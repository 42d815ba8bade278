import type { HostStatus, NodeStatus } from './look';

/** Minutes without a report after which a host that runs is in trouble; `searchgate-watch.timer` of cloud-init/files reports every five. */
const patienceMinutes = 20;

/** What somebody has to look after: the hosts' own words, and that a host runs and says nothing. */
export function troubles({ nodes }: HostStatus, now = Date.now()): string[] {
  return nodes.flatMap((status) => {
    const told = status.report?.health?.trouble;
    const texts = [...(Array.isArray(told) ? told : []), ...failedSetup(status), ...silence(status, now)];
    return texts.map((text) => `${status.node}: ${text}`);
  });
}

/** A failed setup that the host's last report of its health does not know yet. */
function failedSetup({ report }: NodeStatus): string[] {
  const { outcome, at = '', text } = (report?.setup ?? {}) as Setup;
  const { at: reported = '' } = (report?.health ?? {}) as Health;
  return outcome === 'failed' && at > reported ? [`setup failed at ${at}: ${text}`] : [];
}

/** A host that was just started has said nothing yet, and one that sleeps says nothing. */
function silence({ instance, report }: NodeStatus, now: number): string[] {
  if (instance?.state !== 'running' || report === null) return [];
  const { at = '' } = (report.health ?? {}) as Health;
  const since = [at, instance.launched ?? ''].map((time) => Date.parse(time)).filter((time) => !Number.isNaN(time));
  const quiet = now - Math.max(...since);
  if (quiet < patienceMinutes * 60_000) return [];
  return [
    `it runs and ${at === '' ? 'has never reported' : `has not reported for ${ago(now - Date.parse(at))}`}: a shell on it and journalctl -u searchgate-watch say why (docs/runbook.md)`,
  ];
}

/** A status for people: a block a host, then the door, trouble, and what could not be seen. */
export function describeStatus(status: HostStatus, now = Date.now()): string {
  const { door, unseen } = status;
  const wrong = troubles(status, now);
  return [
    ...status.nodes.flatMap((node) => describeNode(node, now)),
    ...(door === null
      ? []
      : [
          `search door     Elasticsearch ${door.version}, cluster ${door.cluster}, heap ${door.heapUsedPercent.map((percent) => `${percent} %`).join(', ')}`,
        ]),
    `trouble         ${wrong.length === 0 ? 'none told' : wrong.length}`,
    ...wrong.map((text) => `  ${text}`),
    ...(unseen.length === 0 ? [] : ['not seen', ...unseen.map((text) => `  ${text}`)]),
  ].join('\n');
}

function describeNode({ node, instance, report }: NodeStatus, now: number): string[] {
  const health = (report?.health ?? {}) as Health;
  const setup = (report?.setup ?? {}) as Setup;
  const { heap, data_volume: disk, awake_seconds_since_snapshot: age } = health;
  const certificates = Object.entries(health).filter(([name]) => name.endsWith('.crt'));
  const busy = report?.busyUntil != null && Date.parse(report.busyUntil) > now ? report.busyUntil : undefined;
  const lines: [string, string | undefined][] = [
    ['last setup', setup.outcome && `${setup.outcome} at ${setup.at}: ${setup.text}`],
    ['version', setup.version || undefined],
    ['as it said', health.at && `${health.at}, ${ago(now - Date.parse(health.at))} ago`],
    ['services', health.elasticsearch && `elasticsearch ${health.elasticsearch}, kibana ${health.kibana}`],
    ['cluster', health.cluster?.status],
    ['heap', heap ? `${heap.heap_used_percent} % of ${Math.round(heap.heap_max_in_bytes / 2 ** 20)} MiB` : undefined],
    ['data volume', disk ? `${disk.used_percent} % of ${(disk.bytes / 2 ** 30).toFixed(1)} GiB` : undefined],
    ['last snapshot', typeof age === 'number' ? `${ago(age * 1000)} awake ago` : undefined],
    ...certificates.map(([name, end]): [string, string] => [
      name.replace('/certs/', ' ').replace('.crt', ''),
      `until ${end}`,
    ]),
    ['busy', busy && `until ${busy}`],
  ];
  const machine =
    instance === null
      ? 'no instance seen'
      : `${instance.state}, ${instance.id}, ${instance.type}, last started ${instance.launched}`;
  return [
    `${node.padEnd(16)}${machine}`,
    ...lines.flatMap(([name, text]) => (text ? [`  ${name.padEnd(22)}${text}`] : [])),
    ...(report?.setup === null && report.health === null ? ['  it has not reported yet'] : []),
    '',
  ];
}

/** What `report` of cloud-init/files reports. */
interface Setup {
  outcome?: string;
  at?: string;
  text?: string;
  version?: string;
}

/** What `status` of cloud-init/files reports, as far as it is shown; null is what the host could not see. */
interface Health {
  at?: string;
  elasticsearch?: string;
  kibana?: string;
  cluster?: { status?: string } | null;
  heap?: { heap_used_percent: number; heap_max_in_bytes: number } | null;
  data_volume?: { used_percent: number; bytes: number };
  awake_seconds_since_snapshot?: number | null;
}

/** Milliseconds in the largest unit that fits. */
function ago(milliseconds: number): string {
  const units: [string, number][] = [
    ['days', 86_400_000],
    ['hours', 3_600_000],
    ['minutes', 60_000],
  ];
  const [name, length] = units.find(([, size]) => milliseconds >= 2 * size) ?? ['seconds', 1_000];
  return `${Math.round(milliseconds / length)} ${name}`;
}
