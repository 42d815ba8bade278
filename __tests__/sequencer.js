const { default: Sequencer } = require('@jest/test-sequencer');

/** Suites that need more than Node first: they take minutes, and one that began last would keep everything waiting. */
module.exports = class extends Sequencer {
  sort(tests) {
    const small = ({ path }) => !/__tests__\/e2e\/[\w-]+\.test|\/cluster\//.test(path);
    return super.sort(tests).sort((a, b) => small(a) - small(b));
  }
};
