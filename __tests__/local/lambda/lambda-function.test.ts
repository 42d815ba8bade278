import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventTooLarge, Throttled } from '../../../local/lambda/function-error';
import { eventually, FunctionRig, isAlive, whole, zipOf } from './function-rig';

describe('a Lambda function on this machine', () => {
  const rig = new FunctionRig();
  afterAll(() => rig.stop());

  describe('an invocation', () => {
    it('gives the handler its event, environment and context', async () => {
      const result = await rig.open('report', { environment: { GREETING: 'hello' } }).json({ text: 'größer' });
      expect(result).toMatchObject({ event: { text: 'größer' }, greeting: 'hello', functionName: 'test' });
      expect(result.requestId).toMatch(/^[\da-f-]{36}$/);
      expect(result.remaining).toBeGreaterThan(9_000);
    });

    it('inherits nothing of the environment outside', async () => {
      process.env.GREETING = 'from outside';
      const result = await rig.open('report').json();
      delete process.env.GREETING;
      expect(result.greeting).toBeUndefined();
    });

    it('that throws fails with the error that was thrown', async () => {
      await expect(rig.open('throwing').invoke()).rejects.toMatchObject({ type: 'RangeError', message: 'too far' });
    });

    it('of a function that does not load fails', async () => {
      const broken = rig.open('handler', { zip: zipOf('throw new Error("wrong from the start")') });
      await expect(broken.invoke()).rejects.toMatchObject({ message: 'wrong from the start' });
      await expect(broken.invoke()).rejects.toMatchObject({ message: 'wrong from the start' });
    });

    it('with more than 6 MB either way is refused', async () => {
      const open = rig.open('large');
      await expect(open.invoke({ filling: 'x'.repeat(6_300_000) })).rejects.toThrow(EventTooLarge);
      await expect(open.invoke({ bytes: 6_300_000 })).rejects.toMatchObject({ type: 'Function.ResponseSizeTooLarge' });
      expect(await open.text({ bytes: 6_200_000 })).toHaveLength(6_200_002);
    });

    it('tells its log line by line', async () => {
      const open = rig.open('logging');
      await open.text();
      await open.said('{"event":"spoken"}');
      await open.said('complained');
      expect(open.lines).toEqual(
        expect.arrayContaining([
          { source: 'stdout', text: '{"event":"spoken"}' },
          { source: 'stderr', text: 'complained' },
        ]),
      );
    });
  });

  describe('sandboxes', () => {
    it('are used again, one request at a time each', async () => {
      const open = rig.open('report');
      const [first, second] = await Promise.all([open.json({ wait: 50 }), open.json({ wait: 50 })]);
      expect(first.pid).not.toBe(second.pid);
      const third = await open.json();
      expect([first.pid, second.pid]).toContain(third.pid);
      expect(third.invocations).toBe(2);
      expect(open.lambda.size).toBe(2);
    });

    it('stand still between requests', async () => {
      const ticksWhileIdle = async (freeze: boolean) => {
        const open = rig.open('report', { freeze });
        const { ticks } = await open.json();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return (await open.json()).ticks - ticks;
      };
      expect(await ticksWhileIdle(true)).toBeLessThan(25);
      expect(await ticksWhileIdle(false)).toBeGreaterThan(25);
    });

    it('beyond the reserved concurrency are refused', async () => {
      const open = rig.open('report', { reservedConcurrency: 1 });
      const running = open.json({ wait: 100 });
      await expect(open.invoke()).rejects.toThrow(Throttled);
      await running;
      await open.json();
    });

    it('beyond what the machine may run are waited for', async () => {
      const open = rig.open('report', { sandboxes: 1 });
      const results = await Promise.all([open.json(), open.json(), open.json()]);
      expect(results.map(({ invocations }) => invocations)).toEqual([1, 2, 3]);
    });

    it('are ended when a request takes too long, and the next request gets a new one', async () => {
      const open = rig.open('never', { timeoutSeconds: 0.3 });
      await expect(open.invoke()).rejects.toMatchObject({ type: 'Sandbox.Timedout' });
      await open.said('Task timed out after 0.30 seconds');
      await eventually(() => (open.lambda.size === 0 ? true : undefined));
      await expect(open.invoke()).rejects.toMatchObject({ type: 'Sandbox.Timedout' });
    });

    it('whose process ends fail the request and are replaced', async () => {
      const open = rig.open('exiting');
      await expect(open.invoke()).rejects.toMatchObject({ type: 'Runtime.ExitError' });
      await expect(open.invoke()).rejects.toMatchObject({ type: 'Runtime.ExitError' });
    });

    it('end with the function', async () => {
      const open = rig.open('report');
      const { pid } = await open.json();
      expect(isAlive(pid)).toBe(true);
      await open.lambda.close();
      expect(isAlive(pid)).toBe(false);
    });

    it('do not start any more once the function is closed', async () => {
      const open = rig.open('report');
      const invocation = open.json();
      await open.lambda.close();
      await expect(invocation).rejects.toThrow('the function is closed');
    });

    it('end with a program that is killed, though they stand still', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'searchgate-killed-'));
      const program = join(folder, 'program.ts');
      const source = join(__dirname, '../../../local/lambda/lambda-function');
      writeFileSync(
        program,
        `import { LambdaFunction } from ${JSON.stringify(source)};
         import { zipSync } from ${JSON.stringify(require.resolve('fflate'))};
         const code = 'exports.handler = async () => process.pid';
         const lambda = new LambdaFunction({ name: 'f', arn: 'a', handler: 'index.handler', environment: {},
           timeoutSeconds: 5, zip: zipSync({ 'index.js': Buffer.from(code) }) });
         lambda.invoke(Buffer.from('{}')).then(async (body) => { for await (const pid of body) console.log(String(pid)); });`,
      );
      const owner = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: folder }, // what it can't tidy up any more is removed with the test's own
      });
      const [pid] = await once(owner.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(isAlive(Number(pid))).toBe(true);
      owner.kill('SIGKILL');
      await eventually(() => (isAlive(Number(pid)) ? undefined : true));
      rmSync(folder, { recursive: true });
    });
  });

  describe('a streamed answer', () => {
    it('comes as it is written', async () => {
      const open = rig.open('chunks');
      const body = await open.invoke({ chunks: ['one', 'two'], wait: 500 });
      const times: number[] = [];
      for await (const _ of body) times.push(Date.now());
      expect(times).toHaveLength(2);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(100);
    });

    it('has the prelude of HttpResponseStream before the first byte, and none where no byte is written', async () => {
      const open = rig.open('prelude');
      expect(await open.text({ body: 'x' })).toBe('{"statusCode":204}\0\0\0\0\0\0\0\0x');
      expect(await open.text()).toBe('');
    });

    it.each(['breaking', 'unfinished'])('that is %s ends in an error after what was written', async (handler) => {
      const body = await rig.open(handler).invoke();
      const seen: string[] = [];
      await expect(
        (async () => {
          for await (const chunk of body) seen.push(String(chunk));
        })(),
      ).rejects.toMatchObject({ name: 'FunctionError' });
      expect(seen).toEqual(['half']);
    });

    it('is written no faster than it is read', async () => {
      const open = rig.open('endless');
      const body = await open.invoke({ bytes: 50_000_000 });
      await open.said('"event":"written"');
      await new Promise((resolve) => setTimeout(resolve, 300));
      const last = JSON.parse(open.lines.at(-1)?.text ?? '{}');
      expect(last.written).toBeLessThan(20_000_000);
      expect(await whole(body)).toHaveLength(Math.ceil(50_000_000 / 65_536) * 65_536);
    });

    it('that nobody reads any more is closed for the function, which then serves on', async () => {
      const open = rig.open('endless', { sandboxes: 1 });
      const body = await open.invoke({ bytes: 50_000_000 });
      body.destroy();
      await open.said('"event":"closed"');
      expect(await whole(await open.invoke({ bytes: 1 }))).toHaveLength(65_536);
      expect(open.lambda.size).toBe(1);
    });

    it('that nobody waits for any more is closed as soon as it begins', async () => {
      const open = rig.open('endless');
      const abort = new AbortController();
      const invocation = open.invoke({ bytes: 50_000_000 }, { signal: abort.signal });
      abort.abort(new Error('gone'));
      await expect(invocation).rejects.toThrow('gone');
      await open.said('"event":"closed"');
    });

    it('is cut where the function runs out of time', async () => {
      const open = rig.open('chunks', { timeoutSeconds: 1 });
      const body = await open.invoke({ chunks: ['one', 'two'], wait: 5_000 });
      await expect(whole(body)).rejects.toThrow();
    });
  });
});
