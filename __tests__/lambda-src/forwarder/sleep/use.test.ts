import type { PowerConfiguration } from '../../../../lambda-src/forwarder/configuration';
import { makeUseLog } from '../../../../lambda-src/forwarder/use';
import { type ClientRequest, gatewayEvent } from '../events';

const power: PowerConfiguration = {
  stateUrl: 'https://example.com/',
  wake: 'requests',
  tokenHash: undefined,
  hold: 0,
  useNeedsCredentials: true,
};
const credentials: [string, string] = ['Authorization', 'Basic x'];

/** What is logged of requests that come one after the other, so many milliseconds apart. */
function logged(requests: [ClientRequest, number][], apart = 0, change: Partial<PowerConfiguration> = {}): string[] {
  const lines: string[] = [];
  let now = 0;
  const use = makeUseLog(
    { ...power, ...change },
    (_level, { event }) => lines.push(event),
    () => now,
  );
  for (const [request, status] of requests) {
    use(gatewayEvent(request), status);
    now += apart;
  }
  return lines;
}

const one = (request: ClientRequest, status = 200, change = {}) => logged([[request, status]], 0, change).length === 1;

describe('use, for which the host stays awake', () => {
  it('is a request with credentials that the host answered', () => {
    expect(one({ headers: [credentials] })).toBe(true);
    expect(one({ headers: [['Cookie', 'a=b; sid=Fe26.2**x']], path: '/app/discover' })).toBe(true);
    expect(one({ headers: [credentials] }, 404)).toBe(true);
  });

  it('is noted once a minute, not a request', () => {
    const requests = Array.from({ length: 100 }, (): [ClientRequest, number] => [{ headers: [credentials] }, 200]);
    expect(logged(requests, 1_000)).toEqual(['in_use', 'in_use']);
  });

  it('is none where credentials are wrong or missing: a scanner keeps no host awake', () => {
    expect(one({ headers: [credentials] }, 401)).toBe(false);
    expect(one({ path: '/login' })).toBe(false);
    expect(one({ headers: [['Cookie', 'searchgate-wake=x']] }, 302)).toBe(false);
  });

  it('is none where the host only fails', () => {
    expect(one({ headers: [credentials] }, 503)).toBe(false);
  });

  it('is none where a forgotten tab polls', () => {
    expect(one({ headers: [credentials, ['kbn-system-request', 'true']] })).toBe(false);
    for (const path of ['/api/status', '/internal/security/session', '/s/team/api/ui_counters/_report']) {
      expect(one({ headers: [credentials], path })).toBe(false);
    }
    expect(one({ headers: [credentials], path: '/api/saved_objects/_find' })).toBe(true);
  });

  it('is any answered request where the service knows no credentials', () => {
    expect(one({}, 200, { useNeedsCredentials: false })).toBe(true);
  });
});
