import { distance } from 'fastest-levenshtein';
import { z } from 'zod';

/** One thing that is wrong with the settings. */
export interface Mistake {
  /** The key's path, such as `services[0].port`. */
  path: string;
  /** The value as JSON; undefined where there is none. */
  given: string | undefined;
  /** What is allowed there. */
  allowed: string;
}

type Issue = z.core.$ZodIssue;

/** All that a schema found, unknown keys with the nearest known one. */
export function listMistakes(error: z.ZodError, schema: z.ZodType, input: unknown): Mistake[] {
  return error.issues.flatMap((issue: Issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, issue.path);
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        given: quote(valueAt(input, [...issue.path, key])),
        allowed: unknownKey(key, known),
      }));
    }
    return [{ path: pathText(issue.path), given: quote(valueAt(input, issue.path)), allowed: issue.message }];
  });
}

/** A path as it is written in code: `services[0].throttle.rate`. */
export function pathText(path: readonly PropertyKey[]): string {
  return (
    path.reduce<string>((sofar, part) => {
      if (typeof part === 'number') return `${sofar}[${part}]`;
      return sofar === '' ? String(part) : `${sofar}.${String(part)}`;
    }, '') || '(the whole file)'
  );
}

/** A value as JSON, cut where it is long; undefined for a missing one. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) return 'nothing';
  return json.length > 100 ? `${json.slice(0, 97)}…` : json;
}

function unknownKey(key: string, known: readonly string[]): string {
  const [nearest] = [...known].sort(
    (a, b) => distance(key.toLowerCase(), a.toLowerCase()) - distance(key.toLowerCase(), b.toLowerCase()),
  );
  const near =
    nearest !== undefined &&
    distance(key.toLowerCase(), nearest.toLowerCase()) <= Math.max(2, Math.floor(key.length / 3));
  return near ? `no such key; did you mean ${nearest}?` : `no such key; there are ${known.join(', ')}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}

function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of path) {
    const inner = unwrap(at);
    if (inner instanceof z.ZodArray) at = inner.element;
    else if (inner instanceof z.ZodObject) at = (inner.shape as Record<PropertyKey, unknown>)[part];
    else return [];
  }
  const inner = unwrap(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape).filter((key) => key !== '$schema') : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return schema;
}
