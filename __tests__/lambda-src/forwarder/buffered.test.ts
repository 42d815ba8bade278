import { randomBytes } from 'node:crypto';
import { describeWith } from '../../requirements';
import { gatewayEvent } from './events';
import { bufferedAnswer } from './response-stream';
import { Rig } from './rig';

const MB = 1024 * 1024;

describeWith(['openssl'], 'a buffered answer', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  async function answerTo(body: Buffer, fields: Record<string, string> = {}, chunked = false) {
    const origin = await rig.https((_request, response) => {
      for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
      if (!chunked) response.setHeader('content-length', body.length);
      response.end(body);
    });
    const forwarder = rig.forwarder(origin.port);
    return { answer: await forwarder.send('buffered', gatewayEvent()), log: forwarder.takeLog() };
  }

  it('carries bytes of any kind, up to 4.5 MB', async () => {
    const body = randomBytes(4.4 * MB);
    const { answer, log } = await answerTo(body);
    expect([answer.status, answer.body.equals(body), log]).toEqual([200, true, []]);
  });

  it('carries text of nearly 6 MB', async () => {
    const body = Buffer.from('Grüße, '.repeat((5.9 * MB) / 9));
    const { answer } = await answerTo(body, { 'content-type': 'text/plain; charset=utf-8' });
    expect([answer.status, answer.body.equals(body)]).toEqual([200, true]);
  });

  it.each([
    ['bytes of 5 MB, which base64 makes too large', randomBytes(5 * MB), false],
    ['text that its quotes make too large', Buffer.from('"'.repeat(5 * MB)), false],
    ['more than 6 MB', Buffer.alloc(6.1 * MB, 'x'), false],
    ['more than 6 MB without a length', Buffer.alloc(20 * MB, 'x'), true],
  ])('that is too large names the limit and the setting: %s', async (_name, body, chunked) => {
    const { answer, log } = await answerTo(body, {}, chunked);
    const { error, status } = JSON.parse(answer.body.toString());
    expect([answer.status, status, error.type]).toEqual([502, 502, 'response_too_large']);
    expect(error.reason).toMatch(/6 MB.*response: streaming/);
    expect(log).toMatchObject([{ event: 'response_too_large', status: 502 }]);
  });

  it('that is too large does not cost the answers after it', async () => {
    let large = true;
    const origin = await rig.https((_request, response) => response.end(large ? Buffer.alloc(20 * MB) : 'small'));
    const forwarder = rig.forwarder(origin.port);
    expect((await forwarder.send('buffered', gatewayEvent())).status).toBe(502);
    large = false;
    expect((await forwarder.send('buffered', gatewayEvent())).body.toString()).toBe('small');
  });

  it('may be of a HEAD for something large', async () => {
    const origin = await rig.https((_request, response) => response.setHeader('content-length', 20 * MB).end());
    const answer = await rig.forwarder(origin.port).send('buffered', gatewayEvent({ method: 'HEAD' }));
    expect([answer.status, answer.headers['content-length']]).toEqual([200, [String(20 * MB)]]);
  });

  it('has no keys but those that the gateway takes', async () => {
    const origin = await rig.https((_request, response) => response.setHeader('set-cookie', ['a=1', 'b=2']).end('ok'));
    const result = await rig.forwarder(origin.port).buffered(gatewayEvent());
    expect(Object.keys(result).sort()).toEqual([
      'body',
      'headers',
      'isBase64Encoded',
      'multiValueHeaders',
      'statusCode',
    ]);
    expect(bufferedAnswer(result).headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });
});
