import { gunzipSync, gzipSync } from 'node:zlib';
import type { WireRequest } from './wire';

/** A call of Elasticsearch's API. `@` in it stands for a letter: each line works on indices of its own, so that both see the same. */
export interface ApiCall {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly type?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: string | ((kept: string) => string);
  readonly gzipped?: boolean;
  /** What has to come, so that a table of failures passes for nothing. */
  readonly status: number;
  readonly has?: string | RegExp;
  /** Finds, in the answer, an id that later calls need and that no two answers share. */
  readonly keeps?: RegExp;
}

const json = (value: unknown) => JSON.stringify(value);
const lines = (...values: unknown[]) => values.map((value) => `${json(value)}\n`).join('');
const everything = { query: { match_all: {} } };
const cities = ['Zürich', 'Łódź', '東京', 'São Paulo', 'İzmir', '🏙 Emoji', 'Αθήνα'];
const bulk = (from: number) =>
  cities.flatMap((name, at) => [
    { index: { _id: `${from + at}` } },
    { name, order: from + at, note: `"${name}"\n\\u0000` },
  ]);

/** In this order: later calls see what earlier ones have done. */
export const apiCalls: readonly ApiCall[] = [
  { name: 'the root', method: 'GET', target: '/', status: 200, has: '9.5.3' },
  { name: 'HEAD of the root', method: 'HEAD', target: '/', status: 200 },
  {
    name: 'make an index',
    method: 'PUT',
    target: '/cities-@',
    body: json({
      settings: { number_of_replicas: 0 },
      mappings: { properties: { name: { type: 'keyword' }, order: { type: 'integer' } } },
    }),
    status: 200,
  },
  { name: 'make it again', method: 'PUT', target: '/cities-@', status: 400, has: 'resource_already_exists_exception' },
  { name: 'HEAD of an index', method: 'HEAD', target: '/cities-@', status: 200 },
  { name: 'OPTIONS', method: 'OPTIONS', target: '/cities-@/_doc/1', status: 200 },
  {
    name: 'a document whose id has a slash',
    method: 'PUT',
    target: '/cities-@/_doc/a%2Fb?refresh',
    body: json({ name: 'Zürich', order: 100 }),
    status: 201,
    has: '"_id":"a/b"',
  },
  { name: 'the same, read', method: 'GET', target: '/cities-@/_doc/a%2Fb', status: 200, has: 'Zürich' },
  {
    name: 'the same without its slash escaped is no document',
    method: 'GET',
    target: '/cities-@/_doc/a/b',
    status: 400,
  },
  { name: 'its HEAD', method: 'HEAD', target: '/cities-@/_doc/a%2Fb', status: 200 },
  {
    name: 'its source',
    method: 'GET',
    target: '/cities-@/_source/a%2fb?pretty',
    status: 200,
    has: '"name" : "Zürich"',
  },
  {
    name: 'an id with blanks, a plus, dots and an umlaut',
    method: 'PUT',
    target: '/cities-@/_doc/%20%C3%BC+%2B..%3F%23?refresh',
    body: json({ name: 'odd', order: 101 }),
    status: 201,
    has: '"_id":" ü++..?#"',
  },
  {
    name: 'a document that is not there',
    method: 'GET',
    target: '/cities-@/_doc/none',
    status: 404,
    has: '"found":false',
  },
  { name: 'its HEAD, too', method: 'HEAD', target: '/cities-@/_doc/none', status: 404 },
  {
    name: 'a bulk of non-ASCII lines',
    method: 'POST',
    target: '/cities-@/_bulk?refresh=true&filter_path=-took',
    type: 'application/x-ndjson',
    body: lines(...bulk(0)),
    status: 200,
    has: '"errors":false',
  },
  {
    name: 'a bulk in gzip',
    method: 'POST',
    target: '/cities-@/_bulk?refresh=true&filter_path=-took',
    type: 'application/x-ndjson',
    body: lines(...bulk(7)),
    gzipped: true,
    status: 200,
    has: '"errors":false',
  },
  {
    name: 'a bulk some of whose lines fail',
    method: 'POST',
    target: '/cities-@/_bulk?filter_path=-took',
    type: 'application/x-ndjson',
    body: lines({ create: { _id: '1' } }, { name: 'again' }, { index: {} }, { order: 'no number' }).replace(
      '{"index":{}}',
      '{"index":{"_id":"x"}}',
    ),
    status: 200,
    has: 'version_conflict_engine_exception',
  },
  {
    name: 'a search by query string, with umlaut and operators',
    method: 'GET',
    target: '/cities-@/_search?q=name:Z%C3%BCrich+AND+order:%3E5&filter_path=hits&pretty',
    status: 200,
    has: '"value" : 2',
  },
  {
    name: 'repeated, empty and bare parameters',
    method: 'GET',
    target: '/cities-@/_doc/1?_source_includes=name,order&_source_excludes=&human&pretty=',
    status: 200,
    has: 'Łódź',
  },
  {
    name: 'a GET with a body',
    method: 'GET',
    target: '/cities-@/_search?filter_path=-took',
    body: json({ query: { term: { name: '東京' } } }),
    status: 200,
    has: '東京',
  },
  {
    name: 'an answer in gzip',
    method: 'POST',
    target: '/cities-@/_search?filter_path=hits.hits._source&size=50',
    fields: [['Accept-Encoding', 'gzip, deflate']],
    body: json({ ...everything, sort: ['order'] }),
    status: 200,
    has: 'Αθήνα',
  },
  {
    name: 'an answer in CBOR',
    method: 'GET',
    target: '/cities-@/_doc/3',
    fields: [['Accept', 'application/cbor']],
    status: 200,
    has: 'São Paulo',
  },
  { name: 'an answer in YAML', method: 'GET', target: '/cities-@/_doc/2?format=yaml', status: 200, has: /^---\n/ },
  {
    name: 'search after',
    method: 'POST',
    target: '/cities-@/_search?filter_path=-took',
    body: json({ ...everything, size: 3, sort: [{ order: 'asc' }], search_after: [4] }),
    status: 200,
    has: '"sort":[5]',
  },
  {
    name: 'aggregations',
    method: 'POST',
    target: '/cities-@/_search?size=0&filter_path=aggregations',
    body: json({ aggs: { names: { terms: { field: 'name', size: 20 } } } }),
    status: 200,
    has: '"doc_count":3',
  },
  {
    name: 'several searches',
    method: 'POST',
    target: '/_msearch?filter_path=-took,-responses.took',
    type: 'application/x-ndjson',
    body: lines({ index: 'cities-@' }, { query: { term: { name: '🏙 Emoji' } } }, { index: 'none-@' }, everything),
    status: 200,
    has: /uD83C.*index_not_found_exception/s,
  },
  {
    name: 'several documents',
    method: 'POST',
    target: '/cities-@/_mget',
    body: json({ ids: ['1', 'a/b', 'none'] }),
    status: 200,
    has: '"found":false',
  },
  {
    name: 'a scroll begins',
    method: 'POST',
    target: '/cities-@/_search?scroll=1m&filter_path=-took',
    body: json({ size: 5, sort: ['order'] }),
    status: 200,
    keeps: /"_scroll_id":"([^"]+)"/,
  },
  {
    name: 'a scroll goes on',
    method: 'POST',
    target: '/_search/scroll?filter_path=-took',
    body: (kept) => json({ scroll: '1m', scroll_id: kept }),
    status: 200,
    has: '"order":5',
  },
  {
    name: 'a scroll ends',
    method: 'DELETE',
    target: '/_search/scroll',
    body: (kept) => json({ scroll_id: kept }),
    status: 200,
    has: '"num_freed":1',
  },
  {
    name: 'a point in time',
    method: 'POST',
    target: '/cities-@/_pit?keep_alive=1m',
    status: 200,
    keeps: /"id":"([^"]+)"/,
  },
  {
    name: 'a search in it',
    method: 'POST',
    target: '/_search?filter_path=hits.hits._source',
    body: (kept) => json({ size: 2, pit: { id: kept }, sort: [{ order: 'desc' }] }),
    status: 200,
    has: '"order":101',
  },
  {
    name: 'the end of it',
    method: 'DELETE',
    target: '/_pit',
    body: (kept) => json({ id: kept }),
    status: 200,
    has: '"succeeded":true',
  },
  { name: 'a count', method: 'GET', target: '/cities-@/_count?q=order:[2%20TO%205]', status: 200, has: '"count":4' },
  {
    name: '_cat with columns',
    method: 'GET',
    target: '/_cat/indices/cities-@?v&h=index,docs.count',
    status: 200,
    has: /^index/,
  },
  {
    name: '_cat as JSON',
    method: 'GET',
    target: '/_cat/count/cities-@?format=json&h=count',
    status: 200,
    has: '"count"',
  },
  { name: '_cat help', method: 'GET', target: '/_cat', status: 200, has: '=^.^=' },
  {
    name: 'cluster health',
    method: 'GET',
    target: '/_cluster/health/cities-@?filter_path=status,number_of_nodes',
    status: 200,
  },
  {
    name: 'an index named by date math',
    method: 'PUT',
    target: '/%3Clogs-@-%7B2024.05.17%7C%7C%2FM%7Byyyy.MM.dd%7D%7D%3E/_doc/1',
    body: json({ message: 'naïve' }),
    status: 201,
    has: '-2024.05.01',
  },
  {
    name: 'its mapping',
    method: 'GET',
    target: '/%3Clogs-@-%7B2024.05.17%7C%7C%2FM%7D%3E/_mapping',
    status: 200,
    has: 'message',
  },
  { name: 'its end', method: 'DELETE', target: '/logs-@-2024.05.01', status: 200 },
  {
    name: 'an update',
    method: 'POST',
    target: '/cities-@/_update/1',
    body: json({ doc: { order: 50 } }),
    status: 200,
    has: '"result":"updated"',
  },
  {
    name: 'a conflict',
    method: 'PUT',
    target: '/cities-@/_create/1',
    body: json({}),
    status: 409,
    has: 'version_conflict',
  },
  {
    name: 'a conflict of versions',
    method: 'DELETE',
    target: '/cities-@/_doc/1?if_seq_no=0&if_primary_term=1',
    status: 409,
    has: 'required seqNo',
  },
  {
    name: 'the end of a document',
    method: 'DELETE',
    target: '/cities-@/_doc/1',
    status: 200,
    has: '"result":"deleted"',
  },
  {
    name: 'an index that is not there',
    method: 'GET',
    target: '/none-@/_search',
    status: 404,
    has: 'index_not_found_exception',
  },
  { name: 'broken JSON', method: 'POST', target: '/cities-@/_search', body: '{"query":', status: 400 },
  {
    name: 'an unknown query',
    method: 'POST',
    target: '/cities-@/_search',
    body: json({ query: { matsch: {} } }),
    status: 400,
  },
  {
    name: 'an unknown parameter',
    method: 'GET',
    target: '/cities-@/_search?sise=1',
    status: 400,
    has: 'contains unrecognized parameter: [sise]',
  },
  { name: 'a method that is not for it', method: 'DELETE', target: '/_cat/indices', status: 405 },
  {
    name: 'a media type that is not taken',
    method: 'POST',
    target: '/cities-@/_search',
    type: 'text/plain',
    body: 'everything',
    status: 406,
  },
  {
    name: 'a wrong password',
    method: 'GET',
    target: '/cities-@/_search',
    fields: [['Authorization', 'Basic ZWxhc3RpYzp3cm9uZw==']],
    status: 401,
    has: 'security_exception',
  },
  {
    name: 'an id of the client for its logs',
    method: 'GET',
    target: '/_nodes/_local/http?filter_path=_nodes',
    fields: [['X-Opaque-Id', 'client 7']],
    status: 200,
  },
  { name: 'an index with a dot, which is warned of', method: 'PUT', target: '/.dotted-@', status: 200 },
  {
    name: 'slashes that nobody may tidy up',
    method: 'GET',
    target: '//cities-@//_count/',
    status: 400,
    has: 'no handler found for uri [//cities-',
  },
];

/** A call as one line sends it. */
export function wireRequest(call: ApiCall, letter: string, kept: string, authorization: string): WireRequest {
  const named = (text: string) => text.replaceAll('@', letter);
  const { method, target, type = 'application/json', fields = [], gzipped } = call;
  const text = typeof call.body === 'function' ? call.body(kept) : call.body && named(call.body);
  const plain = text === undefined ? undefined : Buffer.from(text);
  const own = new Set(fields.map(([name]) => name));
  const about: [string, string][] = [];
  if (!own.has('Authorization')) about.push(['Authorization', authorization]);
  if (plain !== undefined) about.push(['Content-Type', type]);
  if (gzipped) about.push(['Content-Encoding', 'gzip']);
  const body = plain && gzipped ? gzipSync(plain) : plain;
  return { method, target: named(target), fields: [...about, ...fields], body };
}

/** An answer's text, as a person would read it. */
export function plainText(body: Buffer): string {
  return (body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body).toString();
}
