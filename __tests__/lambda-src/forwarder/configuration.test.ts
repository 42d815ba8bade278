import { readConfiguration } from '../../../lambda-src/forwarder/configuration';

const complete = {
  SERVICE: 'search',
  ORIGIN_ADDRESSES: '10.42.0.10',
  ORIGIN_PORT: '9200',
  ORIGIN_SERVER_NAME: 'search.searchgate.internal',
  ORIGIN_CA: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----',
};

describe("the forwarder's environment", () => {
  it('needs service, origin and certificate authority, and nothing else', () => {
    expect(readConfiguration(complete)).toEqual({
      service: 'search',
      addresses: ['10.42.0.10'],
      port: 9200,
      serverName: 'search.searchgate.internal',
      ca: complete.ORIGIN_CA,
      connectTimeout: 1000,
      debug: false,
    });
  });

  it('takes several addresses, a deadline and debug', () => {
    const all = { ...complete, ORIGIN_ADDRESSES: '10.42.0.10,fd00::1', CONNECT_TIMEOUT_MS: '250', DEBUG: 'true' };
    expect(readConfiguration(all)).toMatchObject({
      addresses: ['10.42.0.10', 'fd00::1'],
      connectTimeout: 250,
      debug: true,
    });
  });

  it('is refused with every mistake named at once', () => {
    const wrong = { ORIGIN_PORT: '99999', DEBUG: 'yes', CONNECT_TIMEOUT_MS: '0', ORIGIN_ADDRESSES: 'https://a/' };
    const names = [
      'SERVICE is missing',
      'ORIGIN_ADDRESSES is not valid',
      'ORIGIN_PORT is not valid',
      'ORIGIN_SERVER_NAME is missing',
      'ORIGIN_CA is missing',
      'CONNECT_TIMEOUT_MS is not valid',
      'DEBUG is not valid',
    ];
    for (const name of names) expect(() => readConfiguration(wrong)).toThrow(name);
  });

  it.each(['', 'system', 'none'])('has no way to do without an authority: ORIGIN_CA "%s"', (ca) => {
    expect(() => readConfiguration({ ...complete, ORIGIN_CA: ca })).toThrow('ORIGIN_CA');
  });
});
