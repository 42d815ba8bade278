import { setTimeout as wait } from 'node:timers/promises';
import { estimate, type Figure, formatted, interleaved } from '../statistics';
import { asking, type BenchedFunction, MB } from './function';

type Functions = Record<'forwarder' | 'floor', BenchedFunction>;
type Show = (figure: Figure) => void;

/** @param direct milliseconds until the first byte of an answer of so many bytes, without a function in between. */
export async function firstByte(
  { forwarder, floor }: Functions,
  direct: (size: number) => Promise<number>,
  show: Show,
): Promise<void> {
  const size = 20 * MB;
  const through = (one: BenchedFunction) => async () => (await one.invoke(asking(size))).firstByte;
  const candidates = { forwarder: through(forwarder), direct: () => direct(size), floor: through(floor) };
  const times = await interleaved(candidates, { rounds: 31, seconds: 25 });
  const over = (sample: number[]) =>
    `${formatted(estimate(sample.map((time, round) => time - (times.direct[round] ?? Number.NaN))))} ms`;
  show({ what: '20 MB, first byte, over direct: forwarder', figure: over(times.forwarder), goal: 'under 5 ms' });
  show({ what: '20 MB, first byte, over direct: floor', figure: over(times.floor), goal: '' });
}

export async function peakMemory({ forwarder, floor }: Functions, show: Show): Promise<void> {
  const peak = (one: BenchedFunction) => async () => {
    await wait(100);
    const idle = one.memory().now;
    one.forgetPeak();
    await one.invoke(asking(199 * MB));
    return one.memory().peak - idle;
  };
  const above = await interleaved({ forwarder: peak(forwarder), floor: peak(floor) }, { rounds: 7, seconds: 25 });
  const megabytes = (sample: number[]) => `${formatted(estimate(sample), 0)} MB`;
  show({
    what: '200 MB, peak memory above idle, forwarder',
    figure: megabytes(above.forwarder),
    goal: 'under 30 MB',
  });
  show({ what: '200 MB, peak memory above idle, floor', figure: megabytes(above.floor), goal: '' });
}
