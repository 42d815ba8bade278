import { estimate, type Figure, formatted, interleaved, ratios } from '../statistics';
import { asking, type BenchedFunction, KB, MB, type Pace, tellsUsage } from './function';

type Functions = Record<'forwarder' | 'floor' | 'forwarderBuffered' | 'buffering' | 'stack', BenchedFunction>;

/** Answers a second and processor time, of small and of large answers. */
export async function throughput(functions: Functions, show: (figure: Figure) => void): Promise<void> {
  const { forwarder, floor, forwarderBuffered, buffering, stack } = functions;
  for (const [name, size, count, peerGoal] of [
    ['small answers', KB, 40, ''],
    ['1 MB answers', MB, 5, 'at least 1.5'],
  ] as const) {
    const pace = (one: BenchedFunction) => () => one.pace(asking(size), count, size);
    const candidates = {
      buffering: pace(buffering),
      forwarder: pace(forwarder),
      floor: pace(floor),
      stack: pace(stack),
      forwarderBuffered: pace(forwarderBuffered),
    };
    await interleaved(candidates, { rounds: 30, seconds: 10 }); // warms all up
    const paces = await interleaved(candidates, { rounds: 101, seconds: 35 });

    const rates = (sample: Pace[]) => sample.map(({ rate }) => rate);
    const absolute = (what: string, sample: Pace[]) => {
      show({ what: `${name}, ${what}`, figure: `${formatted(estimate(rates(sample)), 0)} a second`, goal: '' });
    };
    const over = (what: string, sample: Pace[], peer: Pace[], goal = '') => {
      const figure = formatted(estimate(ratios(rates(sample), rates(peer))));
      show({ what: `${name}, ${what}`, figure, goal });
    };
    absolute('forwarder', paces.forwarder);
    absolute('floor', paces.floor);
    over('over the floor', paces.forwarder, paces.floor, 'at least 0.95');
    over('over the buffering way', paces.forwarder, paces.buffering, peerGoal);
    over('over the proxy stack', paces.forwarder, paces.stack);
    over('buffered mode over the buffering way', paces.forwarderBuffered, paces.buffering);

    if (!tellsUsage) continue;
    const times = (sample: Pace[]) => sample.map(({ processor }) => processor);
    const each = `${formatted(estimate(times(paces.forwarder)))} ms`;
    show({ what: `${name}, processor time each`, figure: each, goal: '' });
    for (const [peer, sample] of [
      ['floor', paces.floor],
      ['proxy stack', paces.stack],
    ] as const) {
      const figure = formatted(estimate(ratios(times(paces.forwarder), times(sample))));
      show({ what: `${name}, processor time, over the ${peer}`, figure, goal: '' });
    }
  }
}
