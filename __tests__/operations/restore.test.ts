import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@elastic/elasticsearch';
import { planRestore, restore } from '../../operations/restore';
import type { Snapshot } from '../../operations/snapshots';
import { runScript } from '../command-line';

// what waits between two looks does not wait here
jest.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

const snapshot: Snapshot = {
  name: 'vol-1',
  state: 'SUCCESS',
  began: new Date(0),
  version: '9.5.3',
  names: ['notes', 'orders', '.kibana-event-log-ds'],
  features: ['security'],
};

/** A stand-in for Elasticsearch, as far as a restore asks: it has open and closed indices, and answers as told instead where it is told to. */
class ElasticsearchStandIn {
  /** `METHOD PATH`, in order. */
  readonly asked: string[] = [];
  /** Answers by the beginning of what is asked: a status, with the reason for it. */
  readonly refused = new Map<string, [status: number, reason: string]>();
  private readonly server: Server;

  constructor(private readonly indices: Readonly<Record<string, 'open' | 'closed' | 'hidden'>>) {
    this.server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://stand-in');
      const asked = `${request.method} ${decodeURIComponent(pathname)}`;
      this.asked.push(asked);
      const refusal = [...this.refused].find(([beginning]) => asked.startsWith(beginning))?.[1];
      const [status, content] =
        refusal === undefined
          ? [200, this.answer(asked, searchParams.get('expand_wildcards') ?? 'open')]
          : [refusal[0], { error: { type: 'refused', reason: refusal[1] }, status: refusal[0] }];
      request.resume();
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
        .end(JSON.stringify(content));
    });
  }

  private answer(asked: string, expanded: string): object {
    if (asked.startsWith('GET /_cat/shards')) return [{ index: 'orders', prirep: 'p', state: 'STARTED' }];
    if (asked.startsWith('GET /_snapshot'))
      return { snapshots: [{ snapshot: 'vol-1', state: 'SUCCESS', indices: snapshot.names }] };
    if (!asked.startsWith('GET /_resolve/index')) return { acknowledged: true, count: 7 };
    const seen = Object.entries(this.indices).filter(([, kind]) => expanded === 'all' || expanded.includes(kind));
    return {
      indices: seen.map(([name, kind]) => ({ name, attributes: kind === 'hidden' ? ['open', 'hidden'] : [kind] })),
      aliases: [],
      // as Kibana makes it by itself
      data_streams: expanded === 'all' || expanded.includes('hidden') ? [{ name: '.kibana-event-log-ds' }] : [],
    };
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('a restore', () => {
  const opened: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  async function elasticsearch(indices: ConstructorParameters<typeof ElasticsearchStandIn>[0]) {
    const standIn = new ElasticsearchStandIn(indices);
    const url = await standIn.open();
    const client = new Client({ node: url, maxRetries: 0 });
    opened.push(client, standIn);
    return { standIn, client, url };
  }

  test('replaces no index that is there without being told to, be it open or closed', async () => {
    const { client } = await elasticsearch({ orders: 'closed', notes: 'open', '.security-7': 'hidden' });
    const planned = planRestore(client, snapshot, {});
    await expect(planned).rejects.toThrow(/ {2}notes is there already: --overwrite notes/);
    await expect(planned).rejects.toThrow(/ {2}orders is there already, closed: --overwrite orders/);
    await expect(planned).rejects.not.toThrow(/security/);
  });

  test('replaces a closed index that is named, as one that was cut off before leaves it', async () => {
    const { client } = await elasticsearch({ orders: 'closed', '.security-7': 'hidden' });
    const plan = await planRestore(client, snapshot, { overwrite: ['orders'] });
    expect(plan).toMatchObject({ names: snapshot.names, replaced: ['orders'] });
    expect(await restore(client, plan)).toEqual([
      { name: 'notes', documents: 7 },
      { name: 'orders', documents: 7 },
      { name: '.kibana-event-log-ds', documents: 7 },
    ]);
  });

  test('that cannot be begun opens again what it closed, and leaves closed what was', async () => {
    const { client, standIn } = await elasticsearch({ orders: 'closed', notes: 'open' });
    standIn.refused.set('POST /_snapshot/', [500, 'the bucket is away']);
    const plan = await planRestore(client, snapshot, { overwrite: ['orders', 'notes'] });
    await expect(restore(client, plan)).rejects.toThrow(/everything is as before: the bucket is away/);
    expect(standIn.asked.filter((asked) => /_close|_open/.test(asked))).toEqual([
      'POST /notes/_close',
      'POST /notes/_open',
    ]);
  });

  test('that brings back an older password says what to do, and that it goes on', async () => {
    const { client, standIn } = await elasticsearch({});
    const plan = await planRestore(client, snapshot, { everything: true });
    standIn.refused.set('GET /_cat/shards', [401, 'unable to authenticate user [elastic]']);
    const ended = restore(client, plan);
    await expect(ended).rejects.toMatchObject({ name: 'UserError' });
    await expect(ended).rejects.toThrow(
      /has begun and goes on.*passwords that they had then.*npm run password -- --on-host/s,
    );
  });

  test('that may not be watched says why, and that it goes on', async () => {
    const { client, standIn } = await elasticsearch({});
    const plan = await planRestore(client, snapshot, {});
    standIn.refused.set('GET /_cat/shards', [403, 'action is unauthorized']);
    await expect(restore(client, plan)).rejects.toThrow(/has begun and goes on.*: action is unauthorized/);
  });

  test('as a command: tells without a stack trace what Elasticsearch refuses', async () => {
    const { standIn, url } = await elasticsearch({});
    standIn.refused.set('GET /_resolve/index', [403, 'action [indices:admin/resolve/index] is unauthorized']);
    const { code, stderr } = await runScript('commands/restore.ts', ['latest', '--url', url], {
      env: { SEARCHGATE_PASSWORD: 'x', SEARCHGATE_SETTINGS: undefined },
    });
    expect([code, stderr]).toEqual([
      1,
      'Elasticsearch did not do what it was asked: action [indices:admin/resolve/index] is unauthorized\n',
    ]);
  });
});
