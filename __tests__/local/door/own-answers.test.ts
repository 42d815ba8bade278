import { DoorRig, gateway, gatewayWith, json } from './gateway';

describe('the answers that the gateway gives itself', () => {
  const rig = new DoorRig();
  afterAll(() => rig.stop());
  const guarded = { requiredHeaders: ['Authorization'] };
  const worded = (template: string, parameters: Record<string, string> = {}, statusCode?: number) => ({
    statusCode,
    parameters,
    templates: { 'application/json': template },
  });

  it('are worded by the API, with variables, status and headers', async () => {
    const responses = {
      BAD_REQUEST_PARAMETERS: worded(
        '{"m":$context.error.messageString,"t":"$context.error.responseType","id":"$context.requestId","x":"$context.nothing"}',
        {
          'gatewayresponse.header.WWW-Authenticate': `'Basic realm="x"'`,
          'gatewayresponse.header.X-Id': 'context.requestId',
        },
        401,
      ),
    };
    const door = await rig.open(gatewayWith('event', guarded, { responses }));
    const got = await door.send();
    const id = got.header('x-amzn-RequestId');
    expect(got.status).toBe(401);
    expect(got.header('WWW-Authenticate')).toBe('Basic realm="x"');
    expect(got.header('X-Id')).toBe(id);
    expect(got.json).toEqual({
      m: 'Missing required request parameters: [Authorization]',
      t: 'BAD_REQUEST_PARAMETERS',
      id,
      x: '',
    });
  });

  it('fall back to the wording of their class, which leaves each its status', async () => {
    const responses = { DEFAULT_4XX: worded('{"class":4}'), DEFAULT_5XX: worded('{"class":5}') };
    const door = await rig.open(gatewayWith('throwing', guarded, { responses }));
    expect([(await door.send()).status, (await door.send()).text]).toEqual([400, '{"class":4}']);
    expect((await door.send({ from: '127.0.0.2' })).text).toBe('{"class":4}');
    const failed = await door.send({ headers: { Authorization: 'x' } });
    expect([failed.status, failed.text]).toEqual([502, '{"class":5}']);
  });

  it("are the service's where the API words none, and always for what is refused before the API is known", async () => {
    const door = await rig.open(gateway('event', { responses: { DEFAULT_4XX: worded('{"class":4}') } }));
    expect((await door.send({ headers: { host: 'evil.example' } })).text).toBe('{"message":"Forbidden"}');
    expect((await door.send({ method: 'POST', body: Buffer.alloc(10_485_761) })).text).toBe(
      '{"message":"Request Too Long"}',
    );
  });

  it('name their kind and the request in headers, as every answer does', async () => {
    const door = await rig.open(gatewayWith('event', guarded));
    const refused = await door.send();
    expect(refused.header('x-amzn-ErrorType')).toBe('BadRequestException');
    const served = await door.send({ headers: { Authorization: 'x' } });
    expect(served.header('x-amzn-ErrorType')).toBeUndefined();
    for (const answer of [refused, served]) {
      expect(answer.header('x-amzn-RequestId')).toMatch(/^[\da-f-]{36}$/);
      expect(answer.header('x-amz-apigw-id')).toMatch(/=$/);
      expect(answer.header('X-Amzn-Trace-Id')).toMatch(/^Root=1-[\da-f]{8}-[\da-f]{24}$/);
    }
  });
});

describe('the access log', () => {
  const rig = new DoorRig();
  afterAll(() => rig.stop());
  const accessLogFormat = json({
    id: '$context.requestId',
    ip: '$context.identity.sourceIp',
    agent: '$context.identity.userAgent',
    method: '$context.httpMethod',
    path: '$context.path',
    route: '$context.resourcePath',
    status: '$context.status',
    error: '$context.error.responseType',
    bytes: '$context.responseLength',
    lambda: '$context.integration.status',
    function: '$context.integrationStatus',
    latency: '$context.integrationLatency',
    unknown: '$context.authorizer.nothing',
  });

  it('has a line for every request, answered or refused, which nothing that a client sends can break', async () => {
    const stage = { name: 'live', variables: null, accessLogFormat };
    const door = await rig.open(gatewayWith('result', { requiredHeaders: ['Authorization'] }, { stage }));
    const answer = await door.send({
      method: 'POST',
      path: '/a"b\\c?secret=1',
      headers: { Authorization: 'x', 'User-Agent': '","status":"666' },
      body: json({ statusCode: 404, body: 'four' }),
    });
    await door.send();
    const lines = door.lines.filter(({ source }) => source === 'access').map(({ text }) => JSON.parse(text));
    expect(lines).toEqual([
      {
        id: answer.header('x-amzn-RequestId'),
        ip: '203.0.113.1',
        agent: '","status":"666',
        method: 'POST',
        path: '/a"b\\c',
        route: '/{proxy+}',
        status: '404',
        error: '-',
        bytes: '4',
        lambda: '200',
        function: '404',
        latency: expect.stringMatching(/^\d+$/),
        unknown: '-',
      },
      expect.objectContaining({
        route: '/',
        status: '400',
        error: 'BAD_REQUEST_PARAMETERS',
        lambda: '-',
        latency: '-',
      }),
    ]);
  });
});
