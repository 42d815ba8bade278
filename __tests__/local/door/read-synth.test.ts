import { join } from 'node:path';
import { readGatewayFromSynth } from '../../../local/door';
import { services, synthesized } from '../../synthesized';

const known = { ORIGIN_CA: 'PEM', ORIGIN_ADDRESSES: '127.0.0.1', POWER_STATE_URL: undefined };

describe('a gateway read from its synthesized stack', () => {
  const read = (changes = {}, name = 'search') =>
    readGatewayFromSynth(join(synthesized(changes).folder, 'stacks', name), { environment: known });

  it('has everything that a door serves', () => {
    const model = read();
    expect(model).toMatchObject({
      apiName: 'searchgate-search',
      region: 'us-east-1',
      domains: [{ domainName: 'search.example.com', basePath: '', stage: 'live' }],
      stage: { name: 'live', accessLogFormat: expect.stringContaining('$context.requestId') },
      binaryMediaTypes: ['*/*'],
      policy: { statements: [{ effect: 'Allow', conditions: [{ cidrs: ['203.0.113.0/24'] }] }] },
      function: {
        name: 'searchgate-search',
        handler: 'index.streaming',
        environment: expect.objectContaining({ SERVICE: 'search', ORIGIN_PORT: '9200', ORIGIN_CA: 'PEM' }),
        codeSha256: expect.stringMatching(/=$/),
      },
    });
    expect(model.function.environment).not.toHaveProperty('POWER_STATE_URL');
    expect(model.routes.map(({ method, path }) => `${method} ${path}`)).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const route of model.routes) {
      expect(route).toMatchObject({ requiredHeaders: ['Authorization'], transferMode: 'STREAM' });
      expect(route.throttle).toEqual({ rate: expect.any(Number), burst: expect.any(Number) });
    }
    expect(model.responses.BAD_REQUEST_PARAMETERS).toMatchObject({
      statusCode: 401,
      parameters: { 'gatewayresponse.header.WWW-Authenticate': expect.stringContaining('Basic') },
    });
    expect(model.responses.DEFAULT_5XX).toMatchObject({ statusCode: undefined });
  });

  it('follows the settings: buffered, without a required header, with preflight and throttling of its own', () => {
    const open = services({
      search: { response: 'buffered', requireAuthorization: false, throttle: { rate: 7, burst: 9 } },
      kibana: { allowPreflight: true, requireAuthorization: true },
    });
    const search = read(open);
    expect(search.function.handler).toBe('index.buffered');
    expect(search.routes).toEqual([
      expect.objectContaining({ requiredHeaders: [], transferMode: 'BUFFERED', throttle: { rate: 7, burst: 9 } }),
      expect.objectContaining({ requiredHeaders: [], transferMode: 'BUFFERED', throttle: { rate: 7, burst: 9 } }),
    ]);
    const preflight = read(open, 'kibana').routes.filter(({ method }) => method === 'OPTIONS');
    expect(preflight.map(({ path, requiredHeaders }) => [path, requiredHeaders])).toEqual([
      ['/', []],
      ['/{proxy+}', []],
    ]);
  });

  it('names what only a deployment knows', () => {
    const folder = join(synthesized().folder, 'stacks/search');
    expect(() => readGatewayFromSynth(folder)).toThrow(/only a deployment knows .*ORIGIN_CA.*searchgate-search/);
  });

  it('is not read from a stack that has none', () => {
    expect(() => read({}, 'network')).toThrow('0 resources of type aws_api_gateway_rest_api');
  });
});
