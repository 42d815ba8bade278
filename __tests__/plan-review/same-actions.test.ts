import type { ResourceChange } from '../../plan-review/plan';
import { departures } from '../../plan-review/same-actions';
import { changed, planOf } from './plans';

function compared(reviewed: ResourceChange[], now: ResourceChange[]): string[] {
  return departures(planOf('some', reviewed).plan, planOf('some', now).plan);
}

const update = changed('aws_x.a', { size: 1, id: 'i' }, { size: 2, id: 'i' });

test('The same plan made again, and one of which a part is done already, do what was reviewed', () => {
  expect(compared([update, changed('aws_x.b', null, { a: 1 })], [update])).toEqual([]);
});

test('What was to be known later may be known by now', () => {
  const reviewed = changed('aws_x.a', null, { name: 'n' }, { afterUnknown: { subnet: true, rules: true } });
  const now = changed('aws_x.a', null, { name: 'n', subnet: 's-1', rules: [{ port: 1 }] });
  expect(compared([reviewed], [now])).toEqual([]);
});

test('Another value, another attribute, another effect and another resource are departures', () => {
  expect(compared([update], [changed('aws_x.a', { size: 1, id: 'i' }, { size: 3, id: 'i' })])).toEqual([
    'aws_x.a: size gets another value',
  ]);
  expect(compared([update], [changed('aws_x.a', { size: 1, id: 'i' }, { size: 2, id: 'j' })])).toEqual([
    'aws_x.a: id changes too',
  ]);
  const replaced = changed('aws_x.a', { size: 1, id: 'i' }, { size: 2, id: 'i' }, { replacePaths: [['size']] });
  expect(compared([update], [replaced])).toEqual(['aws_x.a: replace, reviewed was update']);
  expect(compared([update], [update, changed('aws_x.c', { a: 1 }, null)])).toEqual([
    'aws_x.c: delete, which the reviewed plan did not have',
  ]);
});

test('Secrets are compared without being shown', () => {
  const secret = (value: string) =>
    changed('aws_x.a', { password: 'old' }, { password: value }, { afterSensitive: { password: true } });
  expect(compared([secret('one')], [secret('one')])).toEqual([]);
  expect(compared([secret('one')], [secret('two')])).toEqual(['aws_x.a: password gets another value']);
});
