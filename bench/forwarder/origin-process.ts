import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeCertificateAuthority } from '../../__tests__/certificates';

const serverName = 'search.searchgate.internal';

/** The origin of a benchmark, in a process of its own. */
export interface OriginProcess {
  readonly port: number;
  readonly serverName: string;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  /** What a forwarder in front of it is configured with. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param before what the program is started with, such as `taskset -c 1` */
export async function startOrigin(before: readonly string[] = []): Promise<OriginProcess> {
  const authority = makeCertificateAuthority();
  const { certificate, key } = authority.issue([serverName]);
  authority.remove();
  const [program = process.execPath, ...rest] = [...before, process.execPath];
  const origin = spawn(program, [...rest, '--require', 'tsx/cjs', join(__dirname, 'origin.ts')], {
    env: { ...process.env, CERTIFICATE: certificate, KEY: key },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = Number(String((await once(origin.stdout, 'data'))[0]));
  const ca = authority.certificate;
  return {
    port,
    serverName,
    ca,
    environment: {
      SERVICE: 'search',
      ORIGIN_ADDRESSES: '127.0.0.1',
      ORIGIN_PORT: String(port),
      ORIGIN_SERVER_NAME: serverName,
      ORIGIN_CA: ca,
    },
    async close() {
      origin.stdin.end();
      await once(origin, 'close');
    },
  };
}
