import {
  type ArmInstanceType,
  armInstanceMemory,
  hostInstanceTypes,
  leastMemory,
  processors,
} from '../constructs/instance-types';
import type { Settings } from '../settings';
import { monthlyBill, total } from './bill';
import type { Prices } from './prices';
import type { Usage } from './usage';

/** A change of settings that does for less what the deployment is for. */
export interface Suggestion {
  /** The key and what to write there. */
  readonly setting: string;
  /** What is lost or has to be known. */
  readonly because: string;
  /** What a month costs less, in the prices' currency. */
  readonly saves: number;
}

interface Candidate extends Omit<Suggestion, 'saves'> {
  readonly settings: Settings;
}

/** Settings that cost less in a month of this usage, the best first. Each holds Elasticsearch and Kibana together. */
export function suggestions(settings: Settings, prices: Prices, usage: Usage): Suggestion[] {
  const now = total(monthlyBill(settings, prices, usage));
  const best = (candidates: Candidate[]): Suggestion[] =>
    candidates
      .map(({ settings: changed, ...rest }) => ({ ...rest, saves: now - total(monthlyBill(changed, prices, usage)) }))
      .filter(({ saves }) => saves >= 0.01)
      .sort((a, b) => b.saves - a.saves);
  const others = [...volumeTypes(settings), ...caches(settings), ...forwarderMemory(settings)];
  const [like] = best(likeTypes(settings, prices));
  const [smaller] = best(smallerTypes(settings, prices));
  return [like, smaller, ...best(others)]
    .filter((suggestion) => suggestion !== undefined)
    .sort((a, b) => b.saves - a.saves);
}

/** Types with as much memory and as many processors. */
function likeTypes(settings: Settings, prices: Prices): Candidate[] {
  const memory = armInstanceMemory[settings.host.instanceType as ArmInstanceType];
  const count = processors(settings.host.instanceType);
  return priced(prices)
    .filter((type) => armInstanceMemory[type] >= memory && processors(type) >= count)
    .map((type) =>
      withHost(settings, type, `it has ${armInstanceMemory[type]} GiB and ${processors(type)} processors too`),
    );
}

/** Types with just enough memory, where the one in the settings has more. */
function smallerTypes(settings: Settings, prices: Prices): Candidate[] {
  if (armInstanceMemory[settings.host.instanceType as ArmInstanceType] <= leastMemory) return [];
  return priced(prices)
    .filter((type) => armInstanceMemory[type] === leastMemory)
    .map((type) =>
      withHost(settings, type, `if ${leastMemory} GiB are enough; less does not hold Elasticsearch and Kibana`),
    );
}

function priced({ instanceHour }: Prices): ArmInstanceType[] {
  return hostInstanceTypes.filter((type) => instanceHour[type] !== undefined);
}

function withHost(settings: Settings, instanceType: string, because: string): Candidate {
  const cpuCredits = instanceType.startsWith('t') ? (settings.host.cpuCredits ?? 'unlimited') : undefined;
  const host = { ...settings.host, instanceType, cpuCredits };
  return { setting: `host.instanceType: ${instanceType}`, because, settings: { ...settings, host } };
}

function volumeTypes(settings: Settings): Candidate[] {
  return (['rootVolume', 'dataVolume'] as const)
    .filter((volume) => settings.host[volume].type !== 'gp3')
    .map((volume) => {
      const { size, iops = 0 } = settings.host[volume];
      const gp3 = { size, type: 'gp3' as const, iops: iops > 3_000 ? Math.min(16_000, iops) : undefined };
      return {
        setting: `host.${volume}.type: gp3`,
        because: '3,000 IOPS and 125 MiB/s are in its price',
        settings: { ...settings, host: { ...settings.host, [volume]: gp3 } },
      };
    });
}

function caches(settings: Settings): Candidate[] {
  return settings.services.flatMap(({ cache }, index) =>
    cache === undefined
      ? []
      : [
          {
            setting: `services[${index}].cache: none`,
            because: 'a cache is billed by the hour, whether the host runs or not',
            settings: withService(settings, index, { cache: undefined }),
          },
        ],
  );
}

function forwarderMemory(settings: Settings): Candidate[] {
  return settings.services.flatMap(({ memory }, index) =>
    memory <= 512
      ? []
      : [
          {
            setting: `services[${index}].memory: 256`,
            because: 'a forwarder hardly computes, and its memory is billed by the second',
            settings: withService(settings, index, { memory: 256 }),
          },
        ],
  );
}

function withService(settings: Settings, index: number, change: Partial<Settings['services'][number]>): Settings {
  const services = settings.services.map((service, at) => (at === index ? { ...service, ...change } : service));
  return { ...settings, services };
}
