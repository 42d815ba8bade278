import { wakePattern } from '../../../constructs/wake-subscription';
import { filterPattern } from '../../../local/power/filter-pattern';

const line = (fields: object) => JSON.stringify(fields);

describe('a filter pattern of CloudWatch Logs', () => {
  it('lets through the lines that ask for a wake, and no others, whatever text a client puts in', () => {
    const wakes = filterPattern(wakePattern);
    expect(wakes(line({ event: 'origin_unreachable', wake: true, level: 'INFO' }))).toBe(true);
    expect(wakes(line({ event: 'origin_unreachable', wake: false }))).toBe(false);
    expect(wakes(line({ event: 'origin_unreachable', wake: 'true' }))).toBe(false);
    expect(wakes(line({ event: 'origin_unreachable' }))).toBe(false);
    expect(wakes(line({ event: 'in_use', reason: '"event":"origin_unreachable","wake":true' }))).toBe(false);
    expect(wakes('START {"event":"origin_unreachable","wake":true}')).toBe(false);
    expect(wakes('null')).toBe(false);
  });

  it('compares texts, numbers, truth and nothing, joined and in parentheses', () => {
    const test = filterPattern('{ ($.a.b = 3 || $.c != "x") && ($.d IS NULL) }');
    expect(test(line({ a: { b: 3 }, d: null }))).toBe(true);
    expect(test(line({ c: 'y', d: null }))).toBe(true);
    expect(test(line({ c: 'x', d: null }))).toBe(false);
    expect(test(line({ a: { b: 3 } }))).toBe(false);
  });

  it.each(['ERROR', '{ $.a > 3 }', '{ $.a = 3', '{ ($.a = 3 }', '{ $.a IS GREAT }', '{ a = 3 }', '{ $.a = 3 } }'])(
    'that is not understood is refused: %s',
    (pattern) => {
      expect(() => filterPattern(pattern)).toThrow();
    },
  );
});
