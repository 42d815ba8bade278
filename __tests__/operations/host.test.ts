import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Host } from '../../operations/host';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';

let mockMinutes = 0;
// what waits between two looks does not wait here: eleven minutes have passed at once
jest.mock('node:timers/promises', () => ({
  setTimeout: async () => {
    mockMinutes += 11;
  },
}));

type Answer = { status: number; body: string } | 'none';
const instances = `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet><item>
  <instanceId>i-1</instanceId><imageId>ami-1</imageId><blockDeviceMapping><item><deviceName>/dev/sdf</deviceName>
  <ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
const said = (boot: string): Answer => ({
  status: 200,
  body: JSON.stringify({
    Parameter: { Value: JSON.stringify({ outcome: 'ready', text: `ready at ${boot}`, boot, version: '9.5.3' }) },
  }),
});
const refused = (type: string, message: string): Answer => ({
  status: 400,
  body: JSON.stringify({ __type: type, message }),
});
const expired = refused('ExpiredTokenException', 'The security token included in the request is expired');

describe('a host, as an upgrade sees it', () => {
  /** What Systems Manager answers, one after the other; the last one from then on. */
  let answers: Answer[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const json = request.headers['x-amz-target'] !== undefined;
    const parameters = answers.length > 1 ? answers.shift() : answers[0];
    const refusal =
      '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no right to it</Message></Error></Errors></Response>';
    request.on('end', () => {
      if (!json && described) return void response.writeHead(403, { 'content-type': 'text/xml' }).end(refusal);
      described = true;
      const answer: Answer = json ? (parameters ?? 'none') : { status: 200, body: instances };
      if (answer === 'none') return void response.destroy();
      response
        .writeHead(answer.status, { 'content-type': json ? 'application/x-amz-json-1.1' : 'text/xml' })
        .end(answer.body);
    });
  });
  /** Whether EC2 was asked for the host already; it does nothing else. */
  let described = false;
  let host: Host;
  const before = { ...process.env };

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + mockMinutes * 60_000);
    host = await Host.find(readSettings(example).settings, 'node-0');
  });
  afterAll(() => {
    process.env = before;
    jest.restoreAllMocks();
    host.close();
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    mockMinutes = 0;
  });

  test('is waited for, though for a while nobody can ask it', async () => {
    answers = [said('one'), expired, 'none', 'none', 'none', said('two')];
    expect(await host.ready('one')).toMatchObject({ boot: 'two' });
  });

  test('that is not ready in time is told with the reason why it could not be asked', async () => {
    answers = [said('one'), expired];
    const ready = host.ready('one');
    await expect(ready).rejects.toMatchObject({ name: 'UserError' });
    await expect(ready).rejects.toThrow(/node-0 is not ready after 30 minutes\. At last .* is expired/);
    answers = [expired, said('one')];
    mockMinutes = 0;
    await expect(host.ready('one')).rejects.toThrow(/30 minutes\. It last said: ready at one/);
  });

  test('says what could not be done with it, without a stack trace', async () => {
    answers = [refused('AccessDeniedException', 'not authorized to perform it')];
    for (const [asked, complaint] of [
      [() => host.status(), 'what node-0 says (/searchgate/hosts/node-0/status) cannot be read: not authorized'],
      [
        () => host.orderUpgrade('9.5.2', '9.5.3'),
        'the order to node-0 (/searchgate/upgrade/node-0) cannot be written: not',
      ],
      [() => host.reboot(), 'node-0 (i-1) cannot be rebooted: no right to it'],
    ] as const)
      await expect(asked()).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining(complaint) });
    answers = [refused('ParameterNotFound', 'none')];
    expect(await host.status()).toBeUndefined();
  });
});
