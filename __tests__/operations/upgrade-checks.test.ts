import { losses } from '../../operations/document-counts';
import { versionProblems } from '../../operations/upgrade-checks';

describe('an upgrade of Elasticsearch', () => {
  test.each([
    ['9.5.2', '9.5.3'],
    ['9.5.3', '9.10.0'],
    ['8.19.4', '9.5.3'],
    ['9.5.3', '10.0.0'],
  ])('goes from %s to %s', (from, to) => {
    expect(versionProblems(from, to)).toEqual([]);
  });

  test.each([
    ['9.5.2', '9.5.1', /older than 9\.5\.2: data never goes back/],
    ['9.10.0', '9.9.9', /older/],
    ['9.5.2', '9.5.2', /it is 9\.5\.2 already/],
    ['9.5.2', '11.0.0', /goes to 10\.x first/],
    ['8.18.9', '9.5.3', /goes to 8\.19\.x first/],
    ['9.5.2', '9.x', /9\.x: an exact version/],
    ['9.5.2', '9.5', /an exact version/],
    ['9.5.2-SNAPSHOT', '9.5.3', /is no release/],
  ])('does not go from %s to %s', (from, to, reason) => {
    expect(versionProblems(from, to)).toEqual([expect.stringMatching(reason)]);
  });
});

test('what was there and is not is a loss; what came since is none', () => {
  const before = new Map([
    ['cities', 300],
    ['notes', 1],
    ['logs', 5],
  ]);
  expect(losses(before, new Map([...before, ['new', 7]]).set('logs', 9))).toEqual([]);
  expect(losses(before, new Map([['cities', 299]]).set('logs', 5))).toEqual([
    'cities has 299 documents, before it had 300',
    'notes, with 1 documents, is gone',
  ]);
});
