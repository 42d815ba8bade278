import { Masking } from '../../../lambda-src/forwarder/masking';

describe('what the debug log shows', () => {
  const body = (text: string) => new Masking().body(text);
  const target = (text: string) => new Masking().target(text);

  it('of fields: the values of those known to be harmless, and no other', () => {
    const shown = new Masking().headers([
      ['Content-Type', 'application/json'],
      ['Authorization', 'Basic ZWxhc3RpYzpodW50ZXIy'],
      ['X-Nobody-Knows', 'hunter2'],
      ['cookie', 'sid=hunter2'],
    ]);
    expect(shown).toEqual([
      ['Content-Type', 'application/json'],
      ['Authorization', '***'],
      ['X-Nobody-Knows', '***'],
      ['cookie', '***'],
    ]);
  });

  it('of a target: path and names, and the values of parameters known to be harmless', () => {
    expect(target('/notes/_search?pretty&size=5&q=hunter2&access_token=hunter2')).toBe(
      '/notes/_search?pretty&size=5&q=***&access_token=***',
    );
    expect(target('/proxy/https://elastic:hunter2@host/')).toBe('/proxy/https://***@host/');
  });

  it.each([
    ['{"user":"a","password":"hunter2"}', '{"user":"a","password":"***"}'],
    ['{"a":[{"b":{"api_key":"hunter2","n":1}}]}', '{"a":[{"b":{"api_key":"***","n":1}}]}'],
    ['{"pass\\u0077ord":"hunter2"}', '{"password":"***"}'],
    ['{"tokens":{"a":["hunter2"],"b":{}}}', '{"tokens":"***"}'],
    ['{"client_secret":12345678}', '{"client_secret":"***"}'],
    ['{"index":{}}\n{"passwd":"hunter2"}\n', '{"index":{}}\n{"passwd":"***"}\n'],
    ['username=a&password=hunter2&x=1', 'username=a&password=***&x=1'],
    ['see https://elastic:hunter2@host/', 'see https://***@host/'],
    ['Authorization: Bearer hunter2', 'Authorization: Bearer ***'],
    ['jwt eyJhbGciOi.eyJzdWIi.c2ln done', 'jwt *** done'],
  ])('of a body: %s', (text, shown) => {
    expect(body(text)).toBe(shown);
  });

  it.each([
    '{"password":"hunter2',
    '{"password":"hun\\"ter2',
    '{"a":1,"password" : "hunter2\\',
    '{"tokens":["hunter2","hunter2"',
    '{"tokens":{"a":{"b":"hunter2"},"c":"hunter2"}',
    '[{"password":"hunter2"},{"a":',
  ])('of a body that is cut: nothing of a secret: %s', (text) => {
    expect(body(text)).not.toMatch(/hun|ter2/);
  });

  it('of a secret that turns up again elsewhere: nothing', () => {
    const masking = new Masking();
    masking.headers([['Authorization', `Basic ${Buffer.from('elastic:hunter"2').toString('base64')}`]]);
    expect(masking.text('failed for hunter"2, hunter\\"2 and hunter%222')).toBe('failed for ***, *** and ***');
    expect(masking.target('/a/hunter%222')).toBe('/a/***');
  });

  it('of a body however large, without taking its time', () => {
    const began = Date.now();
    for (const part of [
      'x',
      '"',
      '"password',
      'password=',
      '"a":',
      '{"token":[',
      '\\"',
      '&',
      'eyJ.',
      '://',
      'Basic ',
    ]) {
      body(part.repeat(500_000 / part.length));
    }
    const many = Array.from({ length: 100_000 }, (_, number) => `{"token":"secret-${number}"}`).join('\n');
    expect(body(many)).toBe('[hidden: too many secrets]');
    expect(Date.now() - began).toBeLessThan(20_000); // where time grows with the square it takes minutes
  }, 60_000);

  it('of words that are no secrets, such as true: all', () => {
    const masking = new Masking();
    masking.headers([
      ['kbn-xsrf', 'true'],
      ['x-auth-mode', 'true'],
    ]);
    expect(masking.body('{"acknowledged":true}')).toBe('{"acknowledged":true}');
  });
});
