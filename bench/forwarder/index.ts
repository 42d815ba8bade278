import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { makeCertificateAuthority } from '../../__tests__/certificates';
import type { Figure } from '../statistics';
import { coldStart } from './cold-start';
import { BenchedFunction, tellsUsage } from './function';
import { firstByte, peakMemory } from './large-answers';
import { throughput } from './throughput';

const serverName = 'search.searchgate.internal';

/**
 * Measures the forwarder inside the Lambda Runtime API's protocol, beside a floor and two peers that run in the same minutes on
 * the same origin: median of interleaved rounds, with the interval that holds the true median with 95 % probability.
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
    stack: new BenchedFunction(join(__dirname, 'stack.ts'), 'index.streaming', environment),
  };
  const direct = new Agent({ keepAlive: true, ca: authority.certificate, servername: serverName });
  try {
    await throughput(functions, show);
    await firstByte(functions, (size) => directFirstByte(direct, port, size), show);
    if (tellsUsage) await peakMemory(functions, show);
    for (const figure of await coldStart(environment, { rounds: 41, seconds: 30 })) show(figure);
  } finally {
    direct.destroy();
    await Promise.all(Object.values(functions).map((one) => one.close()));
    origin.stdin.end();
    await once(origin, 'close');
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
