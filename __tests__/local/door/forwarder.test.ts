import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Door, type GatewayModel, openDoor, readGatewayFromSynth } from '../../../local/door';
import type { Echo, Origin } from '../../../local/origins';
import { type CertificateAuthority, makeCertificateAuthority } from '../../certificates';
import { describeWith } from '../../requirements';
import { services, synthesized } from '../../synthesized';
import { type Answer, type ClientRequest, send } from './client';
import { gzipped, largeSize, startScenarioOrigin } from './scenario-origin';

const authorized = { Authorization: 'Basic eDp5' };
const bulk = '{"index":{"_index":"größen"}}\n{"text":"日本語 😀 naïve"}\n';

/** What a request has to come to. */
interface Row {
  request: ClientRequest;
  status: number;
  /** Looks at what Elasticsearch would have seen. */
  seen?: (echo: Echo) => void;
  /** Looks at the answer. */
  answer?: (answer: Answer) => void;
}

const body = (echo: Echo) => Buffer.from(echo.body, 'base64');

const rows: Record<string, Row> = {
  'the root': {
    request: { headers: authorized },
    status: 200,
    seen: ({ method, target, headers }) => {
      expect([method, target]).toEqual(['GET', '/']);
      expect(headers).toContainEqual(['Authorization', 'Basic eDp5']);
      expect(headers).toContainEqual(['Host', 'search.example.com']);
      expect(headers).toContainEqual(['X-Forwarded-For', '203.0.113.1']);
    },
  },
  '_bulk with non-ASCII text': {
    request: {
      method: 'POST',
      path: '/_bulk',
      body: bulk,
      headers: { ...authorized, 'Content-Type': 'application/x-ndjson' },
    },
    status: 200,
    seen: (echo) => {
      expect(echo.target).toBe('/_bulk');
      expect(body(echo).toString()).toBe(bulk);
      expect(echo.headers).toContainEqual(['Content-Type', 'application/x-ndjson']);
    },
  },
  'a bare key and an encoded query': {
    request: { path: '/_search?pretty&q=a+b%2Bc%26%C3%A9', headers: authorized },
    status: 200,
    seen: ({ target }) => expect(target).toBe('/_search?pretty&q=a%20b%2Bc%26%C3%A9'),
  },
  'repeated keys': {
    request: { path: '/_search?a=1&a=2&a=3', headers: authorized },
    status: 200,
    seen: ({ target }) => expect(target).toBe('/_search?a=1&a=2&a=3'),
  },
  'a document id with %2F': {
    request: { path: '/index/_doc/a%2Fb%3Fc', headers: authorized },
    status: 200,
    seen: ({ target }) => expect(target).toBe('/index/_doc/a%2Fb%3Fc'),
  },
  'a date-math index, dots and double slashes': {
    request: { path: '/%3Clogs-%7Bnow%2Fd%7D%3E//a/../_search/', headers: authorized },
    status: 200,
    seen: ({ target }) => expect(target).toBe('/%3Clogs-%7Bnow%2Fd%7D%3E//a/../_search/'),
  },
  'GET with a body': {
    request: { path: '/_search', body: '{"query":{}}', headers: { ...authorized, 'Content-Type': 'application/json' } },
    status: 200,
    seen: (echo) => expect([echo.method, body(echo).toString()]).toEqual(['GET', '{"query":{}}']),
  },
  'HEAD of what is there': {
    request: { method: 'HEAD', path: '/index', headers: authorized },
    status: 200,
    answer: (answer) => expect(answer.body).toHaveLength(0),
  },
  'HEAD of what is missing': {
    request: { method: 'HEAD', path: '/_missing', headers: authorized },
    status: 404,
    answer: (answer) => expect(answer.header('content-type')).toBe('application/json'),
  },
  'an answer that has not changed': {
    request: { path: '/_etag', headers: authorized },
    status: 304,
    answer: (answer) => expect([answer.header('etag'), answer.body.length]).toEqual(['"1"', 0]),
  },
  'an answer without content': {
    request: { method: 'DELETE', path: '/_deleted', headers: authorized },
    status: 204,
    answer: (answer) => expect(answer.header('x-kept')).toBe('yes'),
  },
  'an error of Elasticsearch': {
    request: { path: '/_missing', headers: authorized },
    status: 404,
    answer: (answer) => expect(answer.json.found).toBe(false),
  },
  'a login that Elasticsearch asks for, without a prompt in the browser': {
    request: { path: '/_login', headers: authorized },
    status: 401,
    answer: (answer) => expect(answer.header('www-authenticate')).toBeUndefined(),
  },
  'two cookies': {
    request: { path: '/_cookies', headers: authorized },
    status: 200,
    answer: (answer) =>
      expect(answer.all('set-cookie')).toEqual([
        'sid=1; Path=/; HttpOnly',
        'seen=2; Expires=Wed, 25 Nov 2026 00:00:00 GMT',
      ]),
  },
  'a gzip answer': {
    request: { path: '/_gzip', headers: { ...authorized, 'Accept-Encoding': 'gzip' } },
    status: 200,
    answer: (answer) => {
      expect(answer.header('content-encoding')).toBe('gzip');
      expect(answer.body).toEqual(gzipped);
    },
  },
  'a gzip request': {
    request: {
      method: 'POST',
      path: '/_bulk',
      body: gzipSync(bulk),
      headers: { ...authorized, 'Content-Type': 'application/x-ndjson', 'Content-Encoding': 'gzip' },
    },
    status: 200,
    seen: (echo) => {
      expect(body(echo)).toEqual(gzipSync(bulk));
      expect(echo.headers).toContainEqual(['Content-Encoding', 'gzip']);
    },
  },
  'a request without Authorization': {
    request: {},
    status: 401,
    answer: (answer) => {
      expectOwnError(answer, 'security_exception');
      expect(answer.header('www-authenticate')).toMatch(/^Basic realm=/);
    },
  },
  'a stranger': {
    request: { from: '127.0.0.2', headers: { ...authorized, 'X-Forwarded-For': '203.0.113.1' } },
    status: 403,
    answer: (answer) => expectOwnError(answer, 'security_exception'),
  },
  'a request that is too large': {
    request: { method: 'POST', path: '/_bulk', body: Buffer.alloc(11_000_000), headers: authorized },
    status: 413,
  },
  'a path that is too long': { request: { path: `/${'x'.repeat(1_700)}`, headers: authorized }, status: 414 },
  'an unmapped host name': { request: { headers: { ...authorized, Host: 'other.example.com' } }, status: 403 },
};

describeWith(['openssl'], 'a request through the door, the deployed forwarder and TLS', () => {
  let authority: CertificateAuthority;
  let origin: Origin;
  const doors: Door[] = [];
  beforeAll(async () => {
    authority = makeCertificateAuthority();
    const { certificate, key } = authority.issue(['search.searchgate.internal']);
    origin = await startScenarioOrigin({ certificate, key });
  });
  afterAll(async () => {
    await Promise.all(doors.map((door) => door.close()));
    await origin?.close();
    authority?.remove();
  });

  /** A door as the settings would have it deployed, in front of the origin. */
  async function open(response: string, change = (model: GatewayModel) => model, environment = {}): Promise<Door> {
    const { folder } = synthesized(services({ search: { response } }));
    const model = readGatewayFromSynth(join(folder, 'stacks/search'), {
      environment: { ORIGIN_CA: authority.certificate, ORIGIN_ADDRESSES: '127.0.0.1', POWER_STATE_URL: undefined },
    });
    const redirected = { ORIGIN_PORT: `${origin.port}`, ...environment };
    const door = await openDoor({ model: change(model), environment: redirected });
    doors.push(door);
    return door;
  }

  describe.each(['streaming', 'buffered'])('%s', (response) => {
    let door: Door;
    beforeAll(async () => {
      door = await open(response);
    });

    it.each(Object.entries(rows))('%s', async (_name, { request, status, seen, answer: look }) => {
      const answer = await send(door.port, request);
      expect([answer.status, answer.text.slice(0, 500)]).toEqual([status, expect.any(String)]);
      seen?.(answer.json);
      look?.(answer);
      if (seen === undefined) expectNoWordOfAws(answer);
    });

    it('an answer of 20 MB', async () => {
      const answer = await send(door.port, { path: '/_large', headers: authorized });
      if (response === 'streaming') expect([answer.status, answer.body.length]).toEqual([200, largeSize]);
      else expectOwnError(answer, 'response_too_large', 502);
    });

    it('more requests than are allowed', async () => {
      const throttle = { rate: 0.01, burst: 1 };
      const throttled = await open(response, (model) => ({
        ...model,
        routes: model.routes.map((route) => ({ ...route, throttle })),
      }));
      expect((await send(throttled.port, { headers: authorized })).status).toBe(200);
      const answer = await send(throttled.port, { headers: authorized });
      expectOwnError(answer, 'too_many_requests_exception', 429);
      expect(answer.header('retry-after')).toBe('1');
    });

    it('a host that is gone', async () => {
      const gone = await open(response, undefined, { ORIGIN_PORT: '1' });
      const answer = await send(gone.port, { headers: authorized });
      expectOwnError(answer, 'origin_unreachable', 503);
      expect(answer.header('retry-after')).toBeDefined();
    });

    it('a host with a certificate of somebody else', async () => {
      const other = makeCertificateAuthority('Another CA');
      const mistrusting = await open(response, undefined, { ORIGIN_CA: other.certificate });
      other.remove();
      expectOwnError(await send(mistrusting.port, { headers: authorized }), 'origin_tls_failed', 502);
    });

    it('a host that never answers', async () => {
      const hurried = await open(response, (model) => ({
        ...model,
        function: { ...model.function, timeoutSeconds: 1.5 },
      }));
      expectOwnError(await send(hurried.port, { path: '/_silent', headers: authorized }), 'origin_timeout', 504);
    });

    it('a function that takes longer than the gateway waits', async () => {
      const impatient = await open(response, (model) => ({
        ...model,
        routes: model.routes.map((route) => ({ ...route, timeoutMilliseconds: 700 })),
      }));
      expectOwnError(await send(impatient.port, { path: '/_silent', headers: authorized }), 'timeout_exception', 504);
    });

    it('a function that does not start', async () => {
      const broken = await open(response, undefined, { ORIGIN_CA: '' });
      expectOwnError(await send(broken.port, { headers: authorized }), 'internal_server_exception', 502);
    });
  });
});

/** An answer that is not Elasticsearch's has the shape of its errors all the same. */
function expectOwnError(answer: Answer, type: string, status = answer.status): void {
  expect([answer.status, answer.json.error]).toEqual([
    status,
    {
      root_cause: [{ type, reason: expect.any(String) }],
      type,
      reason: expect.any(String),
      request_id: answer.header('x-amzn-RequestId'),
    },
  ]);
  expect(answer.header('content-type')).toMatch(/^application\/json/);
  expectNoWordOfAws(answer);
}

function expectNoWordOfAws(answer: Answer): void {
  expect(answer.text).not.toMatch(/aws|amazon|lambda|arn:|execute-api|123456789012/i);
}
