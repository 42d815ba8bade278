import { DoorRig, gateway, type TestDoor } from './gateway';

describe('the event that the function gets', () => {
  const rig = new DoorRig();
  let door: TestDoor;
  beforeAll(async () => {
    door = await rig.open(gateway('event'));
  });
  afterAll(() => rig.stop());

  it('is that of a Lambda proxy integration, payload format 1.0', async () => {
    const answer = await door.send({
      method: 'PUT',
      path: '/index/_doc/1?refresh=true',
      headers: { 'User-Agent': 'tester/1', Accept: '*/*' },
      body: '{}',
    });
    expect(answer.json).toEqual({
      resource: '/{proxy+}',
      path: '/index/_doc/1',
      httpMethod: 'PUT',
      headers: expect.objectContaining({ 'User-Agent': 'tester/1', 'X-Forwarded-Port': '443' }),
      multiValueHeaders: expect.objectContaining({
        Accept: ['*/*'],
        Host: ['search.example.com'],
        'X-Forwarded-For': ['203.0.113.1'],
        'X-Forwarded-Proto': ['https'],
      }),
      queryStringParameters: { refresh: 'true' },
      multiValueQueryStringParameters: { refresh: ['true'] },
      pathParameters: { proxy: 'index/_doc/1' },
      stageVariables: null,
      requestContext: {
        resourceId: 'proxy0',
        resourcePath: '/{proxy+}',
        httpMethod: 'PUT',
        extendedRequestId: answer.header('x-amz-apigw-id'),
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        path: '/index/_doc/1',
        accountId: '123456789012',
        protocol: 'HTTP/1.1',
        stage: 'live',
        domainPrefix: 'search',
        requestTimeEpoch: expect.any(Number),
        requestId: answer.header('x-amzn-RequestId'),
        identity: {
          cognitoIdentityPoolId: null,
          accountId: null,
          cognitoIdentityId: null,
          caller: null,
          sourceIp: '203.0.113.1',
          principalOrgId: null,
          accessKey: null,
          cognitoAuthenticationType: null,
          cognitoAuthenticationProvider: null,
          userArn: null,
          userAgent: 'tester/1',
          user: null,
        },
        domainName: 'search.example.com',
        apiId: 'abcdef1234',
      },
      body: Buffer.from('{}').toString('base64'),
      isBase64Encoded: true,
    });
  });

  it('has no path parameters, query or body where the request has none', async () => {
    expect((await door.send()).json).toMatchObject({
      resource: '/',
      path: '/',
      pathParameters: null,
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: null,
      isBase64Encoded: false,
    });
  });

  it.each([
    '/logs%2F2026/_doc/a%2Fb%3Fc',
    '/%3Clogs-%7Bnow%2Fd%7D%3E/_search',
    '/a/../b/./c//d/',
    '//a',
    '/%C3%A9t%C3%A9+%2B;x=1',
    '/<a>"^`\\[x]',
  ])('has the path %s as the client wrote it', async (path) => {
    const { json } = await door.send({ path });
    expect(json).toMatchObject({ path, pathParameters: { proxy: path.slice(1) }, requestContext: { path } });
  });

  it.each([
    ['pretty', { pretty: [''] }],
    ['pretty=&q=a+b%2Bc%20d', { pretty: [''], q: ['a b+c d'] }],
    ['a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['a=1;b=2', { a: ['1'], b: ['2'] }],
    ['q=%E6%97%A5%E6%9C%AC&%C3%A9=%C3%BC', { q: ['日本'], é: ['ü'] }],
    ['a=b=c&=x&&%zz=%', { a: ['b=c'], '': ['x'], '%zz': ['%'] }],
    ['__proto__=1&constructor=2', JSON.parse('{"__proto__":["1"],"constructor":["2"]}')],
  ])('has the query ?%s decoded', async (query, values) => {
    const { json } = await door.send({ path: `/a?${query}` });
    expect(json.multiValueQueryStringParameters).toEqual(values);
    expect(Object.keys(json.queryStringParameters)).toEqual(Object.keys(values));
  });

  it.each(['/a?x|y', '/a?{x', '/a?x}', '/a#b'])('is none for the raw characters in %s', async (path) => {
    expect((await door.send({ path })).status).toBe(400);
  });

  it('has a header given several times in full, and its last value by itself', async () => {
    const { json } = await door.send({ headers: ['Host', 'search.example.com', 'X-A', '1', 'x-a', '2', 'X-B', 'ü'] });
    expect(json.multiValueHeaders['X-A']).toEqual(['1', '2']);
    expect(json.headers['X-A']).toBe('2');
    expect(json.headers['x-a']).toBeUndefined();
  });

  it('has no header that the service drops', async () => {
    const dropped = ['Content-MD5', 'Max-Forwards', 'Proxy-Authenticate', 'Server', 'TE', 'WWW-Authenticate'];
    const headers = Object.fromEntries([...dropped, 'Authorization'].map((name) => [name, 'x']));
    const { json } = await door.send({ headers: { ...headers, Connection: 'close', Upgrade: 'x', Via: 'kept' } });
    const names = Object.keys(json.headers);
    expect(names).toEqual(expect.arrayContaining(['Authorization', 'Via']));
    for (const name of [...dropped, 'Connection', 'Upgrade']) expect(names).not.toContain(name);
  });

  it.each([
    ['text', 'größer als 日本 😀', 'text/plain'],
    ['bytes', Buffer.from([0, 255, 128, 10, 13]), 'application/octet-stream'],
    ['bytes without a type', Buffer.from([0, 255]), undefined],
  ])('has %s as base64 where every media type is binary', async (_what, body, type) => {
    const { json } = await door.send({ method: 'POST', body, headers: type ? { 'Content-Type': type } : {} });
    expect(json.isBase64Encoded).toBe(true);
    expect(Buffer.from(json.body, 'base64')).toEqual(Buffer.from(body));
  });

  it('has a body of a media type that is not binary as text, which bytes do not survive', async () => {
    const images = await rig.open(gateway('event', { binaryMediaTypes: ['image/*'] }));
    const headers = { 'Content-Type': 'application/json' };
    const text = await images.send({ method: 'POST', body: 'größer', headers });
    expect(text.json).toMatchObject({ body: 'größer', isBase64Encoded: false });
    const broken = await images.send({ method: 'POST', body: Buffer.from([255]), headers });
    expect(broken.json.body).toBe('\ufffd');
    const image = await images.send({ method: 'POST', body: 'x', headers: { 'Content-Type': 'image/png' } });
    expect(image.json.isBase64Encoded).toBe(true);
  });
});
