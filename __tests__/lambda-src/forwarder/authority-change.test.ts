import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standInForTls } from '../../../local/terraform/tls-stand-in';
import { describeWith } from '../../requirements';
import { synthesized } from '../../synthesized';
import { gatewayEvent } from './events';
import { modes, Rig } from './rig';

/** What the certificates stack puts into Systems Manager, its keys and certificates made by openssl from the synthesized stack. */
interface Published {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

describeWith(['openssl'], 'forwarders while the private authority changes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-change-'));
  let rig: Rig;
  let server: Server;
  const port = () => (server.address() as AddressInfo).port;

  function published(authority: number, trusted: number[]): Published {
    const { json } = synthesized({ certificates: { authority, trusted } }).stack('certificates');
    const { configuration } = standInForTls('certificates', JSON.parse(json), folder);
    const locals = configuration.locals as Record<string, string>;
    const parameters = Object.values(configuration.resource?.aws_ssm_parameter ?? {}) as {
      name: string;
      value: string;
    }[];
    const value = (name: string) =>
      (parameters.find((parameter) => parameter.name === `/searchgate/certificates/${name}`)?.value ?? '').replace(
        /\$\{local\.(\w+)\}/g,
        (_, local: string) => locals[local] ?? '',
      );
    return { ca: value('ca'), cert: value('node-0/certificate'), key: value('node-0/key') };
  }

  let steps: readonly Published[];
  beforeAll(async () => {
    rig = Rig.start();
    steps = [published(1, [1]), published(1, [1, 2]), published(2, [1, 2]), published(2, [2])];
    server = createServer((_, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }, 60_000);
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await rig.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What new forwarders that trust this get for their first requests, each over a connection of its own. */
  async function answers(ca: string): Promise<number[]> {
    const sent = modes.flatMap((mode) =>
      Array.from({ length: 5 }, async () => (await rig.forwarder(port(), { ca }).send(mode, gatewayEvent())).status),
    );
    return Promise.all(sent);
  }
  const allRight = Array(10).fill(200);

  test('fail no request when each deploy of the certificates is followed by one of the doors', async () => {
    // a forwarder that stays through all of it, with connections that it has kept
    const lasting = rig.forwarder(port(), { ca: steps[1]?.ca });
    const stays = async () => (await lasting.send('streaming', gatewayEvent())).status;
    for (const [index, { ca, cert, key }] of steps.entries()) {
      // certificates are deployed and the host takes them over, while the doors still have what was published before
      server.setSecureContext({ cert, key });
      expect(await answers(steps[Math.max(0, index - 1)]?.ca ?? '')).toEqual(allRight);
      expect(await stays()).toBe(200);
      // then the doors are deployed
      expect(await answers(ca)).toEqual(allRight);
    }
  });

  test('would fail where the new authority signs before it is trusted, or the old one is forgotten too early', async () => {
    const [first, , third, last] = steps;
    server.setSecureContext({ cert: third?.cert, key: third?.key });
    expect(await answers(first?.ca ?? '')).toEqual(Array(10).fill(502));
    server.setSecureContext({ cert: first?.cert, key: first?.key });
    expect(await answers(last?.ca ?? '')).toEqual(Array(10).fill(502));
  });

  test('have both authorities in little room: a parameter holds 4 KB, and so does all of a function’s environment', () => {
    expect(Buffer.byteLength(steps[1]?.ca ?? '')).toBeGreaterThan(1000);
    expect(Buffer.byteLength(steps[1]?.ca ?? '')).toBeLessThan(2048);
  });
});
