import { skippedSteps } from '../../doctor/authority-check';

describe('a change of the private authority', () => {
  test.each([
    ['nothing', [1], 1, 1, [1]],
    ['the second is trusted', [1], 1, 1, [1, 2]],
    ['the second signs', [1, 2], 1, 2, [1, 2]],
    ['the first is let go', [1, 2], 2, 2, [2]],
    ['the second is given up again', [1, 2], 1, 1, [1]],
  ])('takes one step: %s', (_step, published, signing, authority, trusted) => {
    expect(skippedSteps({ trusted: published, signing }, { authority, trusted })).toEqual([]);
  });

  test.each([
    ['it signs before it is trusted', [1], 1, 2, [1, 2], ['2 would sign, and only 1 is trusted']],
    ['the first is let go while it signs', [1, 2], 1, 2, [2], ['1 would no longer be trusted']],
    ['all at once', [1], 1, 2, [2], ['2 would sign, and only 1 is trusted', '1 would no longer be trusted']],
  ])('takes no two: %s', (_step, published, signing, authority, trusted, found) => {
    expect(skippedSteps({ trusted: published, signing }, { authority, trusted })).toEqual(
      found.map((text) => expect.stringContaining(text)),
    );
  });
});
