/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  transform: { '\\.ts$': ['ts-jest', { diagnostics: false }] },
  // jest leaves one core idle by default; suites that wait for Terraform or a booting machine do not fill two
  maxWorkers: '100%',
  testSequencer: './__tests__/sequencer.js',
  testTimeout: 30_000,
};
