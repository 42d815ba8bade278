import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeCertificateAuthority } from '../../__tests__/certificates';
import { gatewayEvent } from '../../__tests__/lambda-src/forwarder/events';
import { estimate, type Figure, formatted, interleaved, ratios } from '../statistics';
import { coldStart } from './cold-start';
import { BenchedFunction, tellsUsage } from './function';

const serverName = 'search.searchgate.internal';
const KB = 1024;
const MB = 1024 * KB;
const rounds = 21;

/**
 * Measures the forwarder inside the Lambda Runtime API's protocol, beside a floor and a peer that run in the same minutes on the
 * same origin: median of interleaved rounds, with the interval that holds the true median with 95 % probability.
 */
export async function benchForwarder(show: (figure: Figure) => void): Promise<void> {
  const authority = makeCertificateAuthority();
  const { certificate, key } = authority.issue([serverName]);
  authority.remove();
  const origin = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, 'origin.ts')], {
    env: { ...process.env, CERTIFICATE: certificate, KEY: key },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = Number(String((await once(origin.stdout, 'data'))[0]));
  const environment = {
    SERVICE: 'search',
    ORIGIN_ADDRESSES: '127.0.0.1',
    ORIGIN_PORT: String(port),
    ORIGIN_SERVER_NAME: serverName,
    ORIGIN_CA: authority.certificate,
  };
  const ours = join(__dirname, '../../lambda-src/forwarder/index.ts');
  const functions = {
    forwarder: new BenchedFunction(ours, 'index.streaming', environment),
    floor: new BenchedFunction(join(__dirname, 'floor.ts'), 'index.streaming', environment),
    forwarderBuffered: new BenchedFunction(ours, 'index.buffered', environment),
    buffering: new BenchedFunction(join(__dirname, 'buffering.ts'), 'index.buffered', environment),
  };
  const direct = new Agent({ keepAlive: true, ca: authority.certificate, servername: serverName });
  try {
    await throughput(functions, show);
    await firstByte(functions, (size) => directFirstByte(direct, port, size), show);
    if (tellsUsage) await usage(functions, show);
    for (const figure of await coldStart(environment, rounds)) show(figure);
  } finally {
    direct.destroy();
    await Promise.all(Object.values(functions).map((one) => one.close()));
    origin.stdin.end();
    await once(origin, 'close');
  }
}

type Functions = Record<'forwarder' | 'floor' | 'forwarderBuffered' | 'buffering', BenchedFunction>;
type Show = (figure: Figure) => void;

const asking = (size: number) => gatewayEvent({ path: `/${size}`, headers: [['Accept', 'application/json']] });

async function throughput({ forwarder, floor, forwarderBuffered, buffering }: Functions, show: Show): Promise<void> {
  for (const [name, size, count] of [
    ['small answers', KB, 400],
    ['1 MB answers', MB, 40],
  ] as const) {
    const rate = (one: BenchedFunction) => () => one.rate(asking(size), count, size);
    const candidates = {
      forwarder: rate(forwarder),
      floor: rate(floor),
      forwarderBuffered: rate(forwarderBuffered),
      buffering: rate(buffering),
    };
    await interleaved(candidates, 3); // warms all up
    const figures = await interleaved(candidates, rounds);
    const compared = (a: number[], b: number[]) => formatted(estimate(ratios(a, b)));
    const perSecond = (a: number[]) => `${formatted(estimate(a), 0)} a second`;
    show({ what: `${name}, forwarder`, figure: perSecond(figures.forwarder), goal: '' });
    show({ what: `${name}, floor`, figure: perSecond(figures.floor), goal: '' });
    show({
      what: `${name}, over the floor`,
      figure: compared(figures.forwarder, figures.floor),
      goal: 'at least 0.95',
    });
    const peerGoal = size === MB ? 'at least 1.5' : '';
    show({
      what: `${name}, over the buffering way`,
      figure: compared(figures.forwarder, figures.buffering),
      goal: peerGoal,
    });
    show({
      what: `${name}, buffered mode over the buffering way`,
      figure: compared(figures.forwarderBuffered, figures.buffering),
      goal: '',
    });
  }
}

async function firstByte(
  { forwarder, floor }: Functions,
  direct: (size: number) => Promise<number>,
  show: Show,
): Promise<void> {
  const size = 20 * MB;
  const through = (one: BenchedFunction) => async () => (await one.invoke(asking(size))).firstByte;
  const figures = await interleaved(
    { direct: () => direct(size), forwarder: through(forwarder), floor: through(floor) },
    rounds,
  );
  const over = (a: number[]) =>
    `${formatted(estimate(a.map((time, round) => time - (figures.direct[round] ?? 0))))} ms`;
  show({ what: '20 MB, first byte, over direct: forwarder', figure: over(figures.forwarder), goal: 'under 5 ms' });
  show({ what: '20 MB, first byte, over direct: floor', figure: over(figures.floor), goal: '' });
}

function directFirstByte(agent: Agent, port: number, size: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let first: number | undefined;
    get({ agent, host: '127.0.0.1', port, path: `/${size}` }, (response) => {
      response.on('data', () => {
        first ??= performance.now() - began;
      });
      response.on('end', () => resolve(first ?? Number.NaN));
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function usage({ forwarder, floor }: Functions, show: Show): Promise<void> {
  for (const [name, size, count] of [
    ['small answers', KB, 400],
    ['1 MB answers', MB, 40],
  ] as const) {
    const processor = (one: BenchedFunction) => async () => {
      const before = one.processorTime();
      await one.rate(asking(size), count, size);
      return (one.processorTime() - before) / count;
    };
    const figures = await interleaved({ forwarder: processor(forwarder), floor: processor(floor) }, rounds);
    const over = formatted(estimate(ratios(figures.forwarder, figures.floor)));
    const own = `${formatted(estimate(figures.forwarder))} ms`;
    show({ what: `${name}, processor time each, forwarder`, figure: own, goal: '' });
    show({ what: `${name}, processor time, over the floor`, figure: over, goal: '' });
  }
  const peak = (one: BenchedFunction) => async () => {
    await wait(200);
    const idle = one.memory().now;
    one.forgetPeak();
    await one.invoke(asking(199 * MB));
    return one.memory().peak - idle;
  };
  const memory = await interleaved({ forwarder: peak(forwarder), floor: peak(floor) }, 7);
  const above = (a: number[]) => `${formatted(estimate(a), 0)} MB`;
  show({ what: '200 MB, peak memory above idle, forwarder', figure: above(memory.forwarder), goal: 'under 30 MB' });
  show({ what: '200 MB, peak memory above idle, floor', figure: above(memory.floor), goal: '' });
}
