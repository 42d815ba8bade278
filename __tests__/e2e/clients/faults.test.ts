import { Client, errors } from '@elastic/elasticsearch';
import type { Door } from '../../../local/door';
import { describeWith } from '../../requirements';
import { directly, type PythonTask, pythonClient } from './python-suite';
import { type RawAnswer, type RawOrigin, startRawOrigin } from './raw-origin';
import { serverName, TestBed } from './test-bed';

/** What a client makes of one question: the same words for every client. */
interface Outcome {
  error?: string;
  status?: number;
  type?: string;
}

const password = 'elastic';
const info = {
  name: 'node-0',
  cluster_name: 'searchgate',
  version: { number: '9.5.3' },
  tagline: 'You Know, for Search',
};

type Line = Pick<PythonTask, 'url'> & Partial<PythonTask>;
type Ask = (line: Line) => Promise<Outcome>;

/** An answer as Elasticsearch words it. */
function answer(status: number, fields: readonly string[] = []): RawAnswer {
  const cause = { type: `fault_${status}`, reason: 'planted' };
  const body = JSON.stringify(status === 200 ? info : { error: { root_cause: [cause], ...cause }, status });
  const head = [
    `HTTP/1.1 ${status} Planted`,
    'X-elastic-product: Elasticsearch',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...fields,
  ];
  return { pieces: [Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)] };
}

describeWith(['openssl'], 'clients in front of a server with faults', () => {
  let bed: TestBed;
  let origin: RawOrigin;
  let door: Door;
  let planted: RawAnswer[] = [];

  beforeAll(async () => {
    bed = new TestBed();
    // What is planted comes once, and the last of it for ever.
    origin = await startRawOrigin(bed.certificate(), () => {
      const [next = answer(200)] = planted;
      if (planted.length > 1) planted = planted.slice(1);
      return next;
    });
    door = await bed.door(origin);
  });
  afterAll(async () => {
    await bed?.close();
    await origin?.close();
  });
  beforeEach(() => {
    origin.taken();
  });

  const tls = () => ({ ca: bed.authority.certificate, servername: serverName, checkServerIdentity: () => undefined });

  /** Elastic's JavaScript client with its own retries, but for the pauses between them. */
  async function javascript(line: Line, timeout = 10): Promise<Outcome> {
    const withoutPauses = { retryBackoff: () => 0 };
    const client = new Client({
      ...withoutPauses,
      node: line.url,
      auth: { username: 'elastic', password },
      requestTimeout: timeout * 1000,
      ...(line.authority !== undefined && { tls: tls() }),
    });
    try {
      for (let time = 1; time < (line.times ?? 1); time += 1) await client.info();
      return { type: (await client.info()).version.number };
    } catch (error) {
      if (error instanceof errors.ResponseError) {
        return { error: error.name, status: error.statusCode, type: error.body?.error?.type };
      }
      return { error: (error as Error).name };
    } finally {
      await client.close();
    }
  }

  async function python(line: Line): Promise<Outcome> {
    const script = await pythonClient();
    const told = (await script('faults.py', { ...line, password })) as Record<string, unknown>;
    if (told.error === undefined) return { type: (told as unknown as typeof info).version.number };
    const { error, status, message } = told as { error: string; status?: number; message?: string };
    return status === undefined ? { error } : { error, status, type: message };
  }

  /** The same question direct and through the door, with how often the server heard it. */
  async function both(ask: Ask, answers: RawAnswer[]) {
    const heard = async (line: { url: string }) => {
      planted = answers;
      const outcome = await ask(line);
      return { ...outcome, heard: origin.taken().length };
    };
    const direct = await heard(directly(bed, origin));
    expect(await heard({ url: door.url })).toEqual(direct);
    return direct;
  }

  const faults: [string, RawAnswer[]][] = [
    ['three that pass', [answer(502), answer(503, ['Retry-After: 1']), answer(504), answer(200)]],
    ['502 for ever', [answer(502)]],
    ['503 for ever', [answer(503)]],
    ['504 for ever', [answer(504)]],
    ['429', [answer(429, ['Retry-After: 1']), answer(200)]],
    ['500', [answer(500), answer(200)]],
  ];

  describe("Elastic's JavaScript client", () => {
    const outcomes: Outcome[] = [
      { type: '9.5.3' },
      { error: 'ResponseError', status: 502, type: 'fault_502' },
      { error: 'ResponseError', status: 503, type: 'fault_503' },
      { error: 'ResponseError', status: 504, type: 'fault_504' },
      { error: 'ResponseError', status: 429, type: 'fault_429' },
      { error: 'ResponseError', status: 500, type: 'fault_500' },
    ];
    test.each(faults.map(([name, answers], at) => [name, answers, outcomes[at], at < 4 ? 4 : 1] as const))(
      'meets %s as it would without a door, and asks as often',
      async (_, answers, outcome, heard) => {
        expect(await both(javascript, [...answers])).toEqual({ ...outcome, heard });
      },
    );

    test('times out as it would without a door', async () => {
      planted = [{ pieces: [] }];
      expect(await javascript(directly(bed, origin), 0.2)).toEqual({ error: 'TimeoutError' });
      expect(await javascript({ url: door.url }, 0.2)).toEqual({ error: 'TimeoutError' });
    });

    test('is told by the door what would be a refused connection', async () => {
      const [direct, throughDoor] = await unreachable(javascript);
      expect(direct).toEqual({ error: 'ConnectionError' });
      expect(throughDoor).toEqual({ error: 'ResponseError', status: 503, type: 'origin_unreachable' });
    });

    test('is told by the door that it asks too often, in the same shape', async () => {
      expect(await tooOften(javascript)).toEqual({
        error: 'ResponseError',
        status: 429,
        type: expect.stringMatching(/^\w+$/),
      });
    });
  });

  describeWith(['python'], "Elastic's Python client", () => {
    beforeAll(() => pythonClient(), 120_000);

    test.each<[string, RawAnswer[], Outcome, number]>([
      ['three that pass', [answer(502), answer(429), answer(504), answer(200)], { type: '9.5.3' }, 4],
      ['503 for ever', [answer(503)], { error: 'ApiError', status: 503, type: 'fault_503' }, 4],
      ['429 for ever', [answer(429)], { error: 'ApiError', status: 429, type: 'fault_429' }, 4],
    ])(
      'meets %s as it would without a door, and asks as often',
      async (_, answers, outcome, heard) => {
        expect(await both(python, answers)).toEqual({ ...outcome, heard });
      },
      60_000,
    );

    test('is told by the door what would be a refused connection, and that it asks too often', async () => {
      const [direct, throughDoor] = await unreachable(python);
      expect(direct).toEqual({ error: 'ConnectionError' });
      expect(throughDoor).toEqual({ error: 'ApiError', status: 503, type: 'origin_unreachable' });
      expect(await tooOften(python)).toEqual({ error: 'ApiError', status: 429, type: expect.stringMatching(/^\w+$/) });
    }, 60_000);
  });

  /** Asks a server that is not there. */
  async function unreachable(ask: Ask): Promise<[Outcome, Outcome]> {
    const gone = await startRawOrigin(bed.certificate(), () => answer(200));
    await gone.close();
    const closed = await bed.door(gone);
    return [await ask(directly(bed, gone)), await ask({ url: closed.url })];
  }

  /** What the last of several questions meets at a door that lets one in a second. */
  async function tooOften(ask: Ask): Promise<Outcome> {
    const narrow = await bed.door(origin, { throttle: { rate: 1, burst: 1 } });
    planted = [answer(200)];
    return ask({ url: narrow.url, times: 5 });
  }
});
