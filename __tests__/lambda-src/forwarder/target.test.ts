import { originPath, queryString } from '../../../lambda-src/forwarder/target';

describe('the path that the origin gets', () => {
  const strange = [
    '/',
    '/a',
    '/a/',
    '/a//',
    '//a',
    '//',
    '///a//b//',
    '/%3Clogs-%7Bnow%2Fd%7D%3E/_search',
    '/notes/_doc/a%2Fb%2fc',
    '/notes/_doc/a%2Bb+c%20d',
    '/a/../b/./c/..',
    '/%2e%2e/%00',
    '/notes/_doc/%C3%A4%FF%',
    '//evil.example.com/a',
    '/http://evil.example.com/',
    '/user@evil.example.com',
    "/~!$&'()*,;=:@",
    '/v1/v1',
  ];

  const forms: Record<string, (part: string) => string> = {
    'as it is': (part) => part,
    'without outer slashes': (part) => part.replace(/^\/+|\/+$/g, ''),
    decoded: (part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    },
  };

  describe.each(['', '/live', '/v1', '/base/path'])('behind the mapping "%s"', (mapped) => {
    it.each(strange)('is what the client wrote: %s', (path) => {
      for (const [form, matched] of Object.entries(forms)) {
        const part = path.slice(1);
        const proxy = matched(part);
        const pathParameters = proxy === '' ? null : { proxy };
        // The resource `/` matches nothing, and then nothing of the path is the client's.
        const expected = pathParameters ? path : '/';
        expect({ form, path: originPath({ path: mapped + path, pathParameters }) }).toEqual({ form, path: expected });
      }
    });
  });

  it('is the whole path where what matched can not be found in it', () => {
    expect(originPath({ path: '/a/b', pathParameters: { proxy: 'elsewhere' } })).toBe('/a/b');
  });

  it('holds nothing that ends a path or a line', () => {
    const path = '/a b\r\nHost: evil\0?q#f\u00e4\ud800';
    const sent = originPath({ path, pathParameters: { proxy: path.slice(1) } });
    expect(sent).toBe('/a%20b%0D%0AHost:%20evil%00%3Fq%23f%C3%A4%EF%BF%BD');
  });

  it('begins with a slash whatever the event says', () => {
    expect(originPath({ path: 'http://evil/', pathParameters: { proxy: 'http://evil/' } })).toBe('/http://evil/');
    expect(originPath({})).toBe('/');
    expect(originPath({ path: '/live' })).toBe('/');
  });
});

describe('the query that the origin gets', () => {
  const query = (pairs: Record<string, string[]> | null) => queryString({ multiValueQueryStringParameters: pairs });

  it('is none where there was none', () => {
    expect(query(null)).toBeUndefined();
    expect(query({})).toBeUndefined();
  });

  it('has a bare key where there was no value', () => {
    expect(query({ pretty: [''] })).toBe('pretty');
    expect(query({ '': [''] })).toBe('=');
    expect(query({ '': ['x'] })).toBe('=x');
  });

  it('has repeated keys in their order', () => {
    expect(query({ a: ['1', '', '2'], b: ['3'] })).toBe('a=1&a&a=2&b=3');
  });

  it('is encoded anew', () => {
    expect(query({ q: ['a+b c&d=e#f%g/h?i|{ä}"<>\r\n\0'] })).toBe(
      'q=a%2Bb%20c%26d%3De%23f%25g%2Fh%3Fi%7C%7B%C3%A4%7D%22%3C%3E%0D%0A%00',
    );
    expect(query({ 'k[]=&': ['\ud800'] })).toBe('k%5B%5D%3D%26=%EF%BF%BD');
  });

  it('is read from the single-value map where there is no other', () => {
    expect(queryString({ queryStringParameters: { a: '1', b: undefined } })).toBe('a=1');
  });

  it('takes names that mean something to JavaScript', () => {
    const parsed = JSON.parse('{"__proto__":["1"],"constructor":["2"],"toString":["3"]}');
    expect(query(parsed)).toBe('__proto__=1&constructor=2&toString=3');
  });
});
