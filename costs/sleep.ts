import type { Settings } from '../settings';
import { counted, type Line, number, perMillion } from './line';
import type { FreeTier, Prices } from './prices';
import { hoursPerMonth, type Usage } from './usage';

const checksPerHour = 6;
const pingsPerMonth = 30;
/** GB of memory of the power function, and seconds that a check takes, cold starts among them. */
const memory = 0.25;
const secondsPerCheck = 0.6;
/** Writes of the state document and reads by forwarders for one wake and the sleep after it. */
const writesPerWake = 8;
const readsPerWake = 100;

/** What sleeping and waking costs by itself, whether the host runs or not. The subscription and the look at the logs are free. */
export function sleep({ power, services }: Settings, prices: Prices, usage: Usage, free: FreeTier): Line[] {
  if (!power.enabled) return [];
  const checks = checksPerHour * hoursPerMonth;
  const wakes = Math.ceil(usage.hours / usage.hoursPerWake);
  const invocations = checks + pingsPerMonth * services.length;
  return [
    perMillion('sleep: scheduler', invocations, free.scheduled, prices.scheduledMillion),
    perMillion('sleep: invocations', invocations, free.lambdaRequests, prices.lambdaRequestMillion),
    counted(
      'sleep: function time',
      checks * secondsPerCheck * memory,
      free.lambdaGbSeconds,
      'GB-s',
      prices.lambdaGbSecond,
      `${number(checks)} × ${secondsPerCheck} s × ${memory} GB = `,
    ),
    counted('sleep: state written', (wakes * writesPerWake) / 1000, 0, 'thousand', prices.objectWriteThousand),
    counted('sleep: state read', (checks + wakes * readsPerWake) / 1000, 0, 'thousand', prices.objectReadThousand),
  ];
}
