import type { OpenService } from './doors';
import { type CheckResult, credentials, differs, type Expectation, json, ownError, put } from './expectation';

/** Sends real requests through a door: what the gateway refuses, and what the origin answers. */
export async function checkService(
  opened: OpenService,
  elasticPassword: string,
  skip: (text: string) => void,
): Promise<CheckResult[]> {
  const { service, door } = opened;
  const headers = credentials(service, elasticPassword);
  const expectations = [...refusals(opened), ...answers(opened, headers, elasticPassword)];
  const results: CheckResult[] = [];
  for (const expectation of expectations) results.push(await put(door.url, service.name, expectation));
  try {
    results.push(await put(door.url, service.name, stranger(headers)));
  } catch (error) {
    // Not every system has addresses in 127.0.0.0/8 beside the first.
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    skip('a stranger at the door: this system has no address 127.0.0.2');
  }
  return results;
}

/** Stops the origin, unless it is the user's, and asks for it. */
export async function checkHostGone({ service, door, origin }: OpenService): Promise<CheckResult[]> {
  if (origin.kind === 'yours') return [];
  await origin.stop();
  return [await put(door.url, service.name, hostGone(credentials(service, '')))];
}

/** What the gateway itself refuses, in Elasticsearch's error shape and without a word of who runs it. */
function refusals({ service }: OpenService): Expectation[] {
  if (!service.requireAuthorization) return [];
  return [
    {
      name: 'no Authorization is refused with 401 and a prompt',
      question: { path: '/_search' },
      status: 401,
      look: (answer) =>
        answer.headers['www-authenticate'] === undefined ? 'there is no WWW-Authenticate' : ownError(answer, 401),
    },
  ];
}

function stranger(headers: Record<string, string>): Expectation {
  return {
    name: 'a stranger is refused with 403',
    question: { path: '/', headers, from: '127.0.0.2' },
    status: 403,
    look: (answer) => ownError(answer, 403),
  };
}

function hostGone(headers: Record<string, string>): Expectation {
  return {
    name: 'a host that is gone answers 503 and when to come back',
    question: { path: '/', headers },
    status: 503,
    look: (answer) => (answer.headers['retry-after'] === undefined ? 'there is no Retry-After' : ownError(answer, 503)),
  };
}

function answers({ origin }: OpenService, headers: Record<string, string>, elasticPassword: string): Expectation[] {
  switch (origin.kind) {
    case 'elasticsearch':
      return elasticsearch(headers);
    case 'kibana stand-in':
      return kibana(headers, elasticPassword);
    case 'echo':
      return [
        {
          name: 'path and query arrive as they were sent',
          question: { path: '/a%2Fb/_doc/1?x=1&x=2', headers },
          status: 200,
          look: (answer) => differs(json<{ target?: string }>(answer).target, '/a%2Fb/_doc/1?x=1&x=2'),
        },
      ];
    case 'yours':
      return [];
  }
}

function elasticsearch(headers: Record<string, string>): Expectation[] {
  const title = 'Grüße, 検索 🔎';
  const lines = { ...headers, 'content-type': 'application/x-ndjson' };
  return [
    {
      name: 'GET / is answered by Elasticsearch',
      question: { path: '/', headers },
      status: 200,
      look: (answer) =>
        json<{ version?: { number?: string } }>(answer).version?.number === undefined ? 'no version' : undefined,
    },
    {
      name: '_bulk takes text of any script',
      question: {
        method: 'POST',
        path: '/rehearsal/_bulk?refresh=true',
        headers: lines,
        body: `{"index":{"_id":"1"}}\n${JSON.stringify({ title })}\n{"index":{"_id":"a/b"}}\n${JSON.stringify({ title: 'other' })}\n`,
      },
      status: 200,
      look: (answer) => differs(json<{ errors?: boolean }>(answer).errors, false),
    },
    {
      name: 'a query string finds it',
      question: { path: `/rehearsal/_search?pretty&q=title:${encodeURIComponent('検索')}`, headers },
      status: 200,
      look: (answer) =>
        differs(
          json<{ hits?: { hits?: { _source?: { title?: string } }[] } }>(answer).hits?.hits?.[0]?._source?.title,
          title,
        ),
    },
    {
      name: 'a document id with a slash stays one',
      question: { path: '/rehearsal/_doc/a%2Fb', headers },
      status: 200,
      look: (answer) => differs(json<{ _id?: string }>(answer)._id, 'a/b'),
    },
    {
      name: 'HEAD is answered without a body',
      question: { method: 'HEAD', path: '/rehearsal', headers },
      status: 200,
      look: (answer) => differs(answer.body.length, 0),
    },
    {
      name: 'an error of Elasticsearch comes through as it is',
      question: { path: '/nothing-here/_search', headers },
      status: 404,
      look: (answer) => differs(json<{ error?: { type?: string } }>(answer).error?.type, 'index_not_found_exception'),
    },
    {
      name: 'a wrong password is refused by Elasticsearch itself',
      question: { path: '/', headers: { authorization: `Basic ${Buffer.from('elastic:wrong').toString('base64')}` } },
      status: 401,
      look: (answer) => differs(json<{ error?: { type?: string } }>(answer).error?.type, 'security_exception'),
    },
  ];
}

function kibana(headers: Record<string, string>, elasticPassword: string): Expectation[] {
  return [
    { name: '/ leads to the application', question: { path: '/', headers }, status: 302 },
    {
      name: 'the login page comes whole',
      question: { path: '/login', headers },
      status: 200,
      look: (answer) => (answer.body.toString('utf8').includes('</html>') ? undefined : 'the page is cut off'),
    },
    {
      name: 'the login sets two cookies, each by itself',
      question: {
        method: 'POST',
        path: '/internal/security/login',
        headers: { ...headers, 'content-type': 'application/json', 'kbn-xsrf': 'check' },
        body: JSON.stringify({ params: { username: 'elastic', password: elasticPassword } }),
      },
      status: 200,
      look: (answer) => differs(answer.headers['set-cookie']?.length, 2),
    },
    {
      name: 'an answer in pieces comes whole',
      question: { path: '/api/stand-in/slow', headers },
      status: 200,
      look: (answer) => differs(answer.body.toString('utf8').trim().split('\n').length, 10),
    },
  ];
}
