const { availableParallelism } = require('node:os');

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  transform: { '\\.ts$': ['ts-jest', { diagnostics: false }] },
  // jest leaves one core idle by default; suites that wait for Terraform or a booting machine do not fill two
  maxWorkers: Math.max(3, availableParallelism()),
  testSequencer: './__tests__/sequencer.js',
  testTimeout: 30_000,
};
