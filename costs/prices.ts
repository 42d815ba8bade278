import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** List prices of one region, in its currency. A key names what one unit is: an hour, a GB (or GiB) and month, a million. */
export interface Prices {
  readonly region: string;
  readonly currency: string;
  /** The month in which they were looked up. */
  readonly date: string;
  readonly source: string;
  readonly instanceHour: Readonly<Record<string, number>>;
  /** What a burstable host with unlimited credits pays beyond its baseline. */
  readonly surplusCreditVcpuHour: number;
  readonly publicIpv4Hour: number;
  readonly volumeGibMonth: Readonly<Record<string, number>>;
  /** For gp3 only what is above 3000. */
  readonly volumeIopsMonth: Readonly<Record<string, number>>;
  /** A MiB/s; for gp3 only what is above 125. */
  readonly volumeThroughputMonth: Readonly<Record<string, number>>;
  readonly objectGbMonth: number;
  readonly hostedZoneMonth: number;
  readonly parameterMonth: number;
  readonly restRequestMillion: number;
  /** By the cache's size in GB. */
  readonly cacheHour: Readonly<Record<string, number>>;
  readonly lambdaRequestMillion: number;
  readonly lambdaGbSecond: number;
  readonly traceMillion: number;
  readonly logIngestedGb: number;
  readonly logStoredGbMonth: number;
  /** Invocations by EventBridge Scheduler. */
  readonly scheduledMillion: number;
  readonly objectWriteThousand: number;
  readonly objectReadThousand: number;
  readonly alarmMonth: number;
  readonly customMetricMonth: number;
  /** Calls of PutMetricData. */
  readonly metricsSentThousand: number;
  /** One without actions. */
  readonly budgetMonth: number;
  readonly transferOutGb: number;
  /** Between two zones of the region: paid once by who sends and once by who receives. */
  readonly transferBetweenZonesGb: number;
  /** What each account has free every month without end. What only new accounts have, or what ends, is not in it. */
  readonly alwaysFree: FreeTier;
}

export interface FreeTier {
  readonly lambdaRequests: number;
  readonly lambdaGbSeconds: number;
  readonly scheduled: number;
  readonly traces: number;
  readonly logGb: number;
  readonly alarms: number;
  readonly customMetrics: number;
  /** Calls of CloudWatch's API, in thousands. */
  readonly metricsSentThousand: number;
  readonly transferOutGb: number;
}

const folder = join(__dirname, 'prices');

/** The regions whose prices are known. */
export function pricedRegions(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace('.json', ''))
    .sort();
}

/** The prices of a region; undefined where nobody has written them down. */
export function pricesOf(region: string): Prices | undefined {
  const file = join(folder, `${region}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Prices) : undefined;
}
