import { setTimeout as wait } from 'node:timers/promises';
import type { OpenService } from './doors';
import { type CheckResult, credentials, differs, json, ownError, put } from './expectation';
import type { LiveHost } from './live-host';

/** What a browser sends that opens a page. */
const visit = { accept: 'text/html', 'sec-fetch-mode': 'navigate' };
/** A wake takes longer than one held request on a slow machine. */
const tries = 8;

/**
 * Puts the host to sleep, asks for it in vain by what may not wake it, and wakes it by a visit to Kibana or, without one, by the
 * first request: everything is then as it was.
 */
export async function checkSleep(
  live: LiveHost,
  doors: readonly OpenService[],
  elasticPassword: string,
): Promise<CheckResult[]> {
  const own = doors.filter(({ origin }) => origin.server !== undefined);
  await live.order({ action: 'stop-now' });
  await live.until('asleep');
  const results: CheckResult[] = [];
  const kibana = own.find(({ service }) => service.origin === 'kibana' && service.wake);
  if (kibana !== undefined) {
    const { door, service } = kibana;
    const poll = { path: '/api/status', headers: { 'sec-fetch-mode': 'cors' } };
    results.push(
      await put(door.url, service.name, {
        name: 'asleep, a forgotten tab is told so and wakes nobody',
        question: poll,
        status: 503,
        look: (answer) =>
          differs(json<{ error?: { type?: string } }>(answer).error?.type, 'host_asleep') ?? ownError(answer, 503),
      }),
    );
    await wait(1_000);
    results.push({
      name: `${service.name}: the host sleeps on`,
      complaint: live.isAwake ? 'it was started' : undefined,
    });
    results.push(
      await put(door.url, service.name, {
        name: 'a visit is shown that the host wakes, and wakes it',
        question: { path: '/login', headers: visit },
        status: 503,
        look: (answer) =>
          answer.body.toString('utf8').includes('<h1>Waking up</h1>') ? undefined : 'there is no such page',
      }),
    );
  }
  for (const { door, service } of own.filter(({ origin }) => origin.kind === 'elasticsearch')) {
    const expectation = {
      name: 'a read is held until the host is there, and finds what was stored before',
      question: { path: '/rehearsal/_doc/1', headers: credentials(service, elasticPassword) },
      status: 200,
    };
    results.push(await again(() => put(door.url, service.name, expectation)));
  }
  for (const opened of own) {
    const expectation = {
      name: 'awake again, it answers',
      question: {
        path: opened.service.origin === 'kibana' ? '/login' : '/',
        headers: {
          ...credentials(opened.service, elasticPassword),
          ...(opened.service.origin === 'kibana' ? visit : {}),
        },
      },
      status: 200,
    };
    results.push(await again(() => put(opened.door.url, opened.service.name, expectation)));
  }
  return results;
}

/** As a patient client does. */
async function again(request: () => Promise<CheckResult>): Promise<CheckResult> {
  for (let left = tries; ; left -= 1) {
    const result = await request();
    if (result.complaint === undefined || left === 1) return result;
    await wait(2_000);
  }
}
