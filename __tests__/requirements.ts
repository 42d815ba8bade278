import { missingTools, type Tool } from '../local/machine';

/**
 * A `describe` for a suite that needs programs a machine may lack. Where one is missing the suite is skipped and its name says
 * which, so that the closing lines of `npm test` can list it; where all are there it always runs.
 */
export function describeWith(needed: readonly Tool[], name: string, suite: () => void): void {
  const missing = missingTools(needed);
  if (missing.length === 0) describe(name, suite);
  else describe.skip(`${name} [needs ${missing.map(({ tool }) => tool).join(', ')}]`, suite);
}
