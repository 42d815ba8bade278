import type { Plan, ResourceChange, StackPlan } from '../../plan-review/plan';
import { readPlan } from '../../plan-review/plan';

type Values = Record<string, unknown>;

interface ChangeOptions {
  afterUnknown?: unknown;
  beforeSensitive?: unknown;
  afterSensitive?: unknown;
  replacePaths?: (string | number)[][];
}

/** One change as Terraform writes it: created where there is no before, deleted where there is no after. */
export function changed(
  address: string,
  before: Values | null,
  after: Values | null,
  { afterUnknown = {}, beforeSensitive = {}, afterSensitive = {}, replacePaths }: ChangeOptions = {},
): ResourceChange {
  const actions =
    before === null
      ? ['create']
      : after === null
        ? ['delete']
        : replacePaths === undefined
          ? ['update']
          : ['delete', 'create'];
  return {
    address,
    mode: 'managed',
    type: address.split('.').at(-2)?.replace(/^.*\]/, '') ?? '',
    change: {
      actions: actions as ResourceChange['change']['actions'],
      before,
      after,
      after_unknown: afterUnknown,
      before_sensitive: beforeSensitive,
      after_sensitive: afterSensitive,
      ...(replacePaths && { replace_paths: replacePaths }),
    },
  };
}

/** A stack's plan, read as a file's text would be. */
export function planOf(stack: string, changes: ResourceChange[], more: Values = {}): StackPlan {
  const plan = readPlan(JSON.stringify({ format_version: '1.2', resource_changes: changes, ...more }));
  if (typeof plan === 'string') throw new Error(plan);
  return { stack, plan };
}

export function policy(...statements: Values[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export type { Plan };
