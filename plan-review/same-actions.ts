import { effectOf, managedChanges, type Plan, type ResourceChange } from './plan';
import { settledValues } from './values';

/**
 * How a plan made now differs from the one that was reviewed, in words; empty where it does the same. What the review could not
 * know yet may be known by now, and what has been done in the meantime may be missing.
 */
export function departures(reviewed: Plan, now: Plan): string[] {
  const before = new Map(managedChanges(reviewed).map((resource) => [key(resource), resource]));
  return managedChanges(now).flatMap((resource) => {
    const known = before.get(key(resource));
    const effect = effectOf(resource.change);
    if (known === undefined) return [`${resource.address}: ${effect}, which the reviewed plan did not have`];
    const reviewedEffect = effectOf(known.change);
    if (reviewedEffect !== effect) return [`${resource.address}: ${effect}, reviewed was ${reviewedEffect}`];
    return valueDepartures(known, resource);
  });
}

function valueDepartures(reviewed: ResourceChange, now: ResourceChange): string[] {
  const known = settledValues(reviewed.change);
  // A value that was to be told by the apply may be a whole block, whose parts are seen only now.
  const open = [...known].filter(([, digest]) => digest === undefined).map(([path]) => path);
  return [...settledValues(now.change)].flatMap(([path, digest]) => {
    if (open.some((each) => path === each || path.startsWith(`${each}.`))) return [];
    if (!known.has(path)) return [`${now.address}: ${path} changes too`];
    return digest === undefined || digest === known.get(path) ? [] : [`${now.address}: ${path} gets another value`];
  });
}

function key({ address, deposed }: ResourceChange): string {
  return `${address} ${deposed ?? ''}`;
}
