import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** An emulated AWS behind an address that refuses to launch instances while it is told to, as EC2 does at an account's limit. */
export class RefusingEndpoint {
  /** Whether launches are refused. */
  refuses = false;
  /** How many were. */
  refused = 0;

  private constructor(
    readonly url: string,
    readonly close: () => void,
  ) {}

  static async before(endpoint: string): Promise<RefusingEndpoint> {
    const server = createServer(async (incoming, answer) => {
      const body = await buffer(incoming);
      if (opened.refuses && /(?:^|&)Action=RunInstances(?:&|$)/.test(body.toString('latin1'))) {
        opened.refused += 1;
        answer.writeHead(400, { 'content-type': 'text/xml' }).end(limitExceeded);
        return;
      }
      const { method, headers, url = '/' } = incoming;
      const onward = request(new URL(url, endpoint), { method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(answer);
      });
      onward.on('error', (error) => answer.destroy(error));
      onward.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const opened = new RefusingEndpoint(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => {
      server.close();
      server.closeAllConnections();
    });
    return opened;
  }
}

/** As the EC2 API words it: "VcpuLimitExceeded", a client error that no client repeats. */
const limitExceeded = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>VcpuLimitExceeded</Code><Message>You have requested more vCPU capacity than your current vCPU limit allows.</Message></Error></Errors><RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>`;
