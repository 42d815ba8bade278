import { Agent, get } from 'node:https';
import { join } from 'node:path';
import type { Figure } from '../statistics';
import { coldStart } from './cold-start';
import { BenchedFunction, tellsUsage } from './function';
import { firstByte, peakMemory } from './large-answers';
import { startOrigin } from './origin-process';
import { throughput } from './throughput';

/**
 * Measures the forwarder inside the Lambda Runtime API's protocol, beside a floor and two peers that run in the same minutes on
 * the same origin: median of interleaved rounds, with the interval that holds the true median with 95 % probability.
 */
export async function benchForwarder(show: (figure: Figure) => void): Promise<void> {
  const { port, serverName: servername, ca, environment, close } = await startOrigin();
  const ours = join(__dirname, '../../lambda-src/forwarder/index.ts');
  const functions = {
    forwarder: new BenchedFunction(ours, 'index.streaming', environment),
    floor: new BenchedFunction(join(__dirname, 'floor.ts'), 'index.streaming', environment),
    forwarderBuffered: new BenchedFunction(ours, 'index.buffered', environment),
    buffering: new BenchedFunction(join(__dirname, 'buffering.ts'), 'index.buffered', environment),
    stack: new BenchedFunction(join(__dirname, 'stack.ts'), 'index.streaming', environment),
  };
  const direct = new Agent({ keepAlive: true, ca, servername });
  try {
    await throughput(functions, show);
    await firstByte(functions, (size) => directFirstByte(direct, port, size), show);
    if (tellsUsage) await peakMemory(functions, show);
    for (const figure of await coldStart(environment, { rounds: 41, seconds: 30 })) show(figure);
  } finally {
    direct.destroy();
    await Promise.all(Object.values(functions).map((one) => one.close()));
    await close();
  }
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
