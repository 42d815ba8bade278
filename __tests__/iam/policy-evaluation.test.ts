import { isAllowed } from './policy-evaluation';

const policy = (...Statement: object[]) => [JSON.stringify({ Version: '2012-10-17', Statement })];
const allow = { Effect: 'Allow', Action: 's3:Get*', Resource: 'arn:aws:s3:::bucket/*' };
const request = { action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' };

test('Nothing is allowed that no statement allows; a wildcard stands for any text and case of actions does not matter', () => {
  expect(isAllowed(policy(), request)).toBe(false);
  expect(isAllowed(policy(allow), request)).toBe(true);
  expect(isAllowed(policy(allow), { ...request, action: 'S3:getobject' })).toBe(true);
  expect(isAllowed(policy(allow), { ...request, resource: 'arn:aws:s3:::bucket' })).toBe(false);
  expect(isAllowed(policy({ ...allow, Resource: 'arn:aws:s3:::b.cket/*' }), request)).toBe(false);
});

test('A refusal wins over every permission', () => {
  expect(isAllowed([...policy(allow), ...policy({ ...allow, Effect: 'Deny', Action: '*' })], request)).toBe(false);
});

test('A boundary gives nothing and takes what it does not allow', () => {
  const [all = ''] = policy({ ...allow, Action: '*', Resource: '*' });
  expect(isAllowed(policy(), request, all)).toBe(false);
  expect(isAllowed(policy(allow), request, all)).toBe(true);
  expect(isAllowed([all], request, policy({ ...allow, Action: 's3:PutObject' })[0])).toBe(false);
});

test('Every condition has to hold, and an absent key holds none but Null', () => {
  const Condition = { StringEquals: { 'aws:ResourceTag/a': ['1', '2'] }, Null: { 'aws:ResourceTag/b': 'false' } };
  const conditioned = policy({ ...allow, Condition });
  expect(isAllowed(conditioned, { ...request, context: { 'aws:ResourceTag/a': '2', 'aws:ResourceTag/b': 'x' } })).toBe(
    true,
  );
  expect(isAllowed(conditioned, { ...request, context: { 'aws:ResourceTag/a': '2' } })).toBe(false);
  expect(isAllowed(conditioned, { ...request, context: { 'aws:ResourceTag/b': 'x' } })).toBe(false);
});

test('What is not understood is never agreed to', () => {
  expect(() =>
    isAllowed(policy({ ...allow, Condition: { DateLessThan: { 'aws:CurrentTime': 'x' } } }), request),
  ).toThrow(/DateLessThan/);
  expect(() => isAllowed(policy({ ...allow, NotAction: 'a' }), request)).toThrow(/NotAction/);
});
