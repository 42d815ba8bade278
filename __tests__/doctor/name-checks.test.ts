import type { AwsAccount } from '../../doctor/aws-account';
import type { Outcome } from '../../doctor/check';
import { nameChecks } from '../../doctor/name-checks';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';

const refused = Object.assign(new Error('not authorized to perform budgets:ViewBudget'), {
  $metadata: { httpStatusCode: 403 },
});
const absent = Object.assign(new Error('not there'), {
  name: 'NoSuchEntityException',
  $metadata: { httpStatusCode: 404 },
});

/** An account that tells nobody of its budgets, and has a role or has not. */
function account(role: boolean): AwsAccount {
  const answering = (send: () => Promise<unknown>) => ({ send });
  return {
    sts: answering(async () => ({ Account: '123456789012' })),
    iam: answering(() => (role ? Promise.resolve({}) : Promise.reject(absent))),
    budgets: answering(() => Promise.reject(refused)),
    stateS3: answering(() => Promise.reject(absent)),
  } as unknown as AwsAccount;
}

function namesOf(aws: AwsAccount): Promise<Outcome> | undefined {
  const resource = { aws_iam_role: { r: { name: 'second-power' } }, aws_budgets_budget: { b: { name: 'second' } } };
  const { settings } = readSettings(example);
  return nameChecks
    .find(({ name }) => name === 'names')
    ?.run({ settings, aws, stacks: () => new Map([['power', { resource }]]), dns: undefined, emulated: false });
}

test('A name that may not be looked at hides none that is taken, and is told where none is', async () => {
  expect(await namesOf(account(true))).toMatchObject({ status: 'problem', found: 'taken already: role second-power' });
  expect(await namesOf(account(false))).toEqual({
    status: 'unsure',
    found: `none of 1 is taken by others; not looked at: budget second (${refused.message})`,
  });
});
