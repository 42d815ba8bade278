import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Emulator, startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';

describeWith(['python'], 'a call to the emulated account', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
  }, 120_000);
  afterAll(() => emulator?.stop());

  /** As AWS's clients send it: each attempt names the invocation that it belongs to. */
  const create = (invocation: string, attempt: number) =>
    fetch(emulator.endpoint, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=rehearsal/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
        'content-type': 'application/x-www-form-urlencoded',
        'amz-sdk-invocation-id': invocation,
        'amz-sdk-request': `attempt=${attempt}; max=25`,
      },
      body: 'Action=CreateInstanceProfile&Version=2010-05-08&InstanceProfileName=host',
    });

  test('is carried out once and answered again, when it is sent again because the answer got lost', async () => {
    const invocation = randomUUID();
    const first = await create(invocation, 1);
    expect(first.status).toBe(200);
    const again = await create(invocation, 2);
    expect([again.status, await again.text()]).toEqual([200, await first.text()]);
    expect((await create(randomUUID(), 1)).status).toBe(409);
    expect((await create(randomUUID(), 2)).status).toBe(409);
    // They come by another way than the answers, and may be later.
    const complaints = () => emulator.complaints().match(/sent again \(\w+\)/g) ?? [];
    while (complaints().length < 2) await wait(20);
    expect(complaints()).toEqual(['sent again (True)', 'sent again (False)']);
  });
});
