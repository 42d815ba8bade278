import { accessKeyOf } from '../../local/power/live-power';
import { ofAnother } from '../iam/another-deployment';
import { callsIn, requestsOf } from '../iam/called-resource';
import { isAllowed, type Request } from '../iam/policy-evaluation';
import { account, delivered, roleOf } from '../iam/synthesized-roles';
import { synthesized } from '../synthesized';
import { keys, type Pipeline } from './pipeline';

/** The emulator's account. */
const emulatedAccount = '123456789012';

/** Every call that was made in a role's name, so it comes after all that call. */
export function rightsSuite(pipeline: () => Pipeline): void {
  const { stacks } = synthesized(delivered);
  test.each([
    { who: 'plan', stack: 'delivery', role: 'roles_plan_role', key: keys.planner, atLeast: 40 },
    { who: 'deploy', stack: 'delivery', role: 'roles_deploy_role', key: keys.deployer, atLeast: 100 },
    {
      who: 'power function’s',
      stack: 'power',
      role: 'function_role',
      key: accessKeyOf('searchgate-power'),
      atLeast: 4,
    },
  ])(
    'The $who role has a right for every call in its name, on the very resource, and on no other deployment’s',
    ({ stack, role, key, atLeast }) => {
      const { settings, hostedZone, calls } = pipeline();
      const { policies, boundary } = roleOf(stacks, stack, role);
      const here = (policy: string) =>
        policy.replaceAll(account, emulatedAccount).replaceAll('hostedzone/Z1', `hostedzone/${hostedZone}`);
      const allowed = (request: Request) => isAllowed(policies.map(here), request, boundary && here(boundary));
      const boundaries = new Map<string, string>();
      const requests = distinct(
        callsIn(calls)
          .filter(({ who }) => who === key)
          .flatMap((call) => requestsOf(call, { region: settings.region, account: emulatedAccount }, boundaries)),
      );
      expect(requests.length).toBeGreaterThan(atLeast);
      expect(requests.filter((request) => !allowed(request))).toEqual([]);

      const elsewhere = distinct(requests.flatMap((request) => ofAnother(request, settings.name)));
      expect(elsewhere.length).toBeGreaterThan(atLeast / 2);
      expect(elsewhere.filter(allowed)).toEqual([]);
    },
  );
}

function distinct(requests: readonly Request[]): Request[] {
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()];
}
