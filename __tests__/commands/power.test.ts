import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const project = resolve(__dirname, '../..');

describe('npm run power', () => {
  /** What reached the function, and what it answers. */
  const orders: { path: string | undefined; event: unknown }[] = [];
  let answer: { body: object; error?: string } = { body: {} };
  const lambda = createServer((request, response) => {
    void text(request).then((body) => {
      orders.push({ path: request.url, event: JSON.parse(body) });
      if (answer.error !== undefined) response.setHeader('X-Amz-Function-Error', answer.error);
      response.end(JSON.stringify(answer.body));
    });
  });

  beforeAll(async () => {
    lambda.listen(0, '127.0.0.1');
    await once(lambda, 'listening');
  });
  beforeEach(() => orders.splice(0));
  afterAll(() => lambda.close());

  async function power(...words: string[]): Promise<{ code: number; output: string; errors: string }> {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', 'commands/power.ts', ...words], {
      cwd: project,
      env: {
        PATH: process.env.PATH,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        NODE_NO_WARNINGS: '1',
      },
    });
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: Number(code), output, errors };
  }

  it('orders by the function of the deployment, and says in words what became of it', async () => {
    answer = { body: { state: 'waking', since: '2026-03-02T08:00:00.000Z', wakes: { day: '2026-03-02', count: 3 } } };
    const { code, output } = await power('start');
    expect([code, output]).toEqual([0, 'waking since 2026-03-02T08:00:00.000Z\nwoken 3 times on 2026-03-02\n']);
    expect(orders).toEqual([
      { path: '/2015-03-31/functions/searchgate-power/invocations', event: { action: 'start' } },
    ]);
  });

  it('stops politely or at once', async () => {
    await power('stop');
    await power('stop', '--now');
    expect(orders.map(({ event }) => event)).toEqual([{ action: 'stop' }, { action: 'stop-now' }]);
  });

  it('keeps awake for a time, or no longer', async () => {
    const before = Date.now();
    await power('keep-awake', '4h');
    await power('keep-awake', 'off');
    const [first, second] = orders.map(({ event }) => event as { until?: string });
    const hours = (Date.parse(first?.until ?? '') - before) / 3_600_000;
    expect(hours).toBeGreaterThan(3.99);
    expect(hours).toBeLessThan(4.1);
    expect(second).toEqual({ action: 'keep-awake' });
  });

  it('makes a token whose hash the settings take, and asks nobody', async () => {
    const { output } = await power('token');
    const [, token = '', hash] = /^token {3}(\S+)\nhash {4}([0-9a-f]{64})\n/.exec(output) ?? [];
    expect(createHash('sha256').update(token).digest('hex')).toBe(hash);
    expect(orders).toEqual([]);
  });

  it('names a mistake, and a failure of the function, without a stack trace', async () => {
    for (const words of [['snooze'], [], ['keep-awake', 'soon'], ['keep-awake']]) {
      const { code, errors } = await power(...words);
      expect(code).toBe(1);
      expect(errors).not.toMatch(/\n {4}at /);
    }
    answer = { body: { errorMessage: 'no bucket' }, error: 'Unhandled' };
    const failed = await power('status');
    expect(failed.code).toBe(1);
    expect(failed.errors).toContain('the power function failed: no bucket\nIts log is /aws/lambda/searchgate-power.');
  });
});
