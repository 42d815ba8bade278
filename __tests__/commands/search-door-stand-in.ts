import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A stand-in for the search door and the Elasticsearch behind it, as far as commands ask: it knows one user and lets him change his password. */
export class SearchDoorStandIn {
  /** `METHOD PATH`, in order. */
  readonly asked: string[] = [];
  /** What happens to requests to change the password: they are carried out, refused, or carried out with the answer lost. */
  onChange: 'done' | 'refused' | 'answer lost' = 'done';
  /** Instead of any other answer. */
  unavailable: { status: number; type: string } | undefined;

  private constructor(
    public password: string,
    private readonly server: Server,
  ) {}

  static async open(password: string): Promise<SearchDoorStandIn> {
    const server = createServer();
    const door = new SearchDoorStandIn(password, server);
    server.on('request', async (request, response) => {
      const body = await text(request);
      door.asked.push(`${request.method} ${request.url}`);
      const answer = (status: number, content: object) =>
        response
          .writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
          .end(JSON.stringify(content));
      const refuse = (status: number, type: string) =>
        answer(status, { status, error: { type, reason: `${type} it is` } });
      if (door.unavailable !== undefined) return void refuse(door.unavailable.status, door.unavailable.type);
      const given = Buffer.from(`${request.headers.authorization}`.replace('Basic ', ''), 'base64').toString();
      if (given !== `elastic:${door.password}`) return void refuse(401, 'security_exception');
      if (request.url?.endsWith('/_password')) {
        if (door.onChange === 'refused') return void refuse(503, 'unavailable_shards_exception');
        door.password = (JSON.parse(body) as { password: string }).password;
        if (door.onChange === 'answer lost') return void response.destroy();
      }
      answer(200, {
        version: { number: '9.5.3' },
        status: 'green',
        nodes: { x: { jvm: { mem: { heap_used_percent: 37 } } } },
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
