import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../command-line';
import { describeWith } from '../../requirements';
import { differences } from './differences';
import { type RawOrigin, startRawOrigin } from './raw-origin';
import { publicName, TestBed } from './test-bed';
import { doorLine, type Line, type WireRequest } from './wire';

test('docs/forwarder.md lists each difference that the suites allow for, and no other', () => {
  const text = readFileSync(join(project, 'docs', 'forwarder.md'), 'utf8');
  const listed = text.slice(0, text.indexOf("## The forwarder's own answers"));
  const rows = [...listed.matchAll(/^\| (.*)$/gm)]
    .map(([, row = '']) => row)
    .filter((row) => !/^(Difference |-)/.test(row));
  expect(differences.filter(({ row }) => rows.filter((each) => each.startsWith(row)).length !== 1)).toEqual([]);
  expect(rows.filter((each) => !differences.some(({ row }) => each.startsWith(row)))).toEqual([]);
});

describeWith(['openssl'], 'a documented difference', () => {
  let bed: TestBed;
  let origin: RawOrigin;
  let door: Line;

  beforeAll(async () => {
    bed = new TestBed();
    const ok = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    origin = await startRawOrigin(bed.certificate(), () => ({ pieces: [ok] }));
    door = doorLine(await bed.door(origin), publicName);
  });
  afterAll(async () => {
    door?.close();
    await bed?.close();
    await origin?.close();
  });

  const credentials = ['Authorization', 'Basic eDp5'] as const;
  const get: WireRequest = { method: 'GET', target: '/_search', fields: [credentials] };
  test.each<[string, Partial<WireRequest>, number]>([
    ['a bar in the query', { target: '/_search?q=a|b' }, 400],
    ['a method that ANY is not', { method: 'TRACE' }, 403],
    ['no Authorization', { fields: [] }, 401],
    ['a long address', { target: `/${'a'.repeat(10_300)}` }, 414],
    ['a path that makes a long ARN', { target: `/${'a'.repeat(1_700)}` }, 414],
    ['large fields', { fields: [credentials, ['X-Large', 'x'.repeat(20_480)]] }, 431],
    ['a body over 10 MB', { method: 'PUT', body: Buffer.alloc(10 * 1024 * 1024 + 1) }, 413],
    ['a body whose event is over 6 MB', { method: 'PUT', body: Buffer.alloc(5 * 1024 * 1024) }, 413],
  ])('is that %s reaches no origin', async (_, changes, status) => {
    origin.taken();
    const answer = await door.send({ ...get, ...changes });
    expect(answer.status).toBe(status);
    expect(origin.taken()).toEqual([]);
  });

  test('is none of size just below the limits', async () => {
    origin.taken();
    const body = Buffer.alloc(4_500_000, 'x');
    const near = { method: 'PUT', target: `/${'a'.repeat(1_400)}`, body };
    expect((await door.send({ ...get, ...near })).status).toBe(200);
    expect((await door.send({ ...get, target: `/_search?q=${'b'.repeat(10_000)}` })).status).toBe(200);
    const [put, search] = origin.taken();
    expect(put?.body.equals(body)).toBe(true);
    expect(search?.target).toHaveLength('/_search?q='.length + 10_000);
  });

  test('is that a method override changes the method', async () => {
    origin.taken();
    const fields = [credentials, ['X-HTTP-Method-Override', 'DELETE'] as const];
    await door.send({ method: 'POST', target: '/cities', fields });
    expect(origin.taken().map(({ method }) => method)).toEqual(['DELETE']);
  });
});
