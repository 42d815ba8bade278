import { keepsOwner } from './owner';
import { blocks, entry, type Plan, type ResourceChange } from './plan';

/** A rule by which S3 deletes current objects. */
interface Expiration {
  /** Which ones, as the rule's own filter; empty where it is for all. */
  readonly scope: string;
  readonly unit: 'days' | 'date';
  /** Days, or milliseconds since 1970. */
  readonly at: number;
  /** In the words of a review. */
  readonly text: string;
}

/** What a plan newly has S3 delete of a bucket's objects, or sooner. A bucket that the plan makes holds none yet. */
export function newExpirations(resource: ResourceChange, plan: Plan): { text: string; everything: boolean }[] {
  const { type, change } = resource;
  if (type !== 'aws_s3_bucket_lifecycle_configuration' || isForNewBucket(resource, plan)) return [];
  const before = keepsOwner(resource, plan) ? expirations(change.before) : [];
  return expirations(change.after)
    .filter((young) => !before.some((old) => covers(old, young)))
    .map(({ scope, text }) => ({ text, everything: scope === '' }));
}

function isForNewBucket({ change }: ResourceChange, plan: Plan): boolean {
  const bucket = entry(change.after, 'bucket');
  return (
    entry(change.after_unknown, 'bucket') === true ||
    plan.resource_changes.some(
      ({ type, change: { actions, after } }) =>
        type === 'aws_s3_bucket' && actions.includes('create') && entry(after, 'bucket') === bucket,
    )
  );
}

function expirations(values: unknown): Expiration[] {
  return blocks(entry(values, 'rule')).flatMap((rule): Expiration[] => {
    const [expiration] = blocks(entry(rule, 'expiration'));
    const [days, date] = [Number(entry(expiration, 'days') ?? 0), String(entry(expiration, 'date') ?? '')];
    if (entry(rule, 'status') !== 'Enabled' || (days <= 0 && date === '')) return [];
    const scope = JSON.stringify(set([entry(rule, 'prefix'), entry(rule, 'filter')])) ?? '';
    const which = scope === '' ? 'every object of its bucket' : `objects ${within(rule)} of its bucket`;
    return [
      date === ''
        ? { scope, unit: 'days', at: days, text: `has S3 expire ${which} after ${days} ${days === 1 ? 'day' : 'days'}` }
        : { scope, unit: 'date', at: Date.parse(date), text: `has S3 expire ${which} on ${date}` },
    ];
  });
}

function covers(old: Expiration, young: Expiration): boolean {
  return (old.scope === '' || old.scope === young.scope) && old.unit === young.unit && old.at <= young.at;
}

function within(rule: unknown): string {
  const [filter] = blocks(entry(rule, 'filter'));
  const [both] = blocks(entry(filter, 'and'));
  const prefix = [rule, filter, both].map((each) => entry(each, 'prefix')).find((each) => set(each) !== undefined);
  return prefix === undefined ? 'with some tag or size' : `under ${String(prefix)}`;
}

/** A value without what is not set in it; undefined where nothing is. */
function set(value: unknown): unknown {
  if (value === null || value === '' || value === 0) return undefined;
  if (typeof value !== 'object') return value;
  const parts = Object.entries(value ?? {}).flatMap(([key, part]) =>
    set(part) === undefined ? [] : [[key, set(part)]],
  );
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}
