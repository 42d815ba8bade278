import { createHash } from 'node:crypto';
import { type Change, isRecord } from './plan';
import { hiddenValue, isSecretName, isSecretPart, isSecretText, withoutSecrets } from './secrets';

/** What one attribute, or a part of it, was and becomes, ready to be shown: secrets are not in it. */
export interface ValueChange {
  readonly path: string;
  /** Undefined where it was not set. */
  readonly before: string | undefined;
  /** Undefined where it is not set any more. */
  readonly after: string | undefined;
  readonly forcesReplacement: boolean;
}

interface Leaf {
  readonly value: unknown;
  readonly hidden: boolean;
  readonly unknown: boolean;
}

export const knownAfterApply = '(known after apply)';

/** Longer texts of one line are told by their length and a digest: gzipped user data says nothing to a reader. */
const longestLine = 240;

/**
 * Every value that differs between before and after, in the order of the attributes' names.
 *
 * @param name an output's, which may say that all of it is secret
 */
export function valueChanges(change: Change, name = ''): ValueChange[] {
  const before = leaves(change.before, change.before_sensitive, undefined, name);
  const after = leaves(change.after, change.after_sensitive, change.after_unknown, name);
  const replacing = (change.replace_paths ?? []).map((path) => path.join('.'));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const [old, young] = [before.get(path), after.get(path)];
    if (old !== undefined && young !== undefined && !young.unknown && sameValue(old, young)) return [];
    const hidden = old?.hidden === true || young?.hidden === true;
    return [
      {
        path,
        before: old && (hidden ? hiddenValue : shown(old.value)),
        after: young && (young.unknown ? knownAfterApply : hidden ? hiddenValue : shown(young.value)),
        forcesReplacement: replacing.some((each) => path === each || path.startsWith(`${each}.`)),
      },
    ];
  });
}

/** Each value that will be set, as a digest; undefined where only the apply will tell. For comparing plans without showing them. */
export function settledValues(change: Change): Map<string, string | undefined> {
  const before = leaves(change.before, change.before_sensitive, undefined);
  const after = leaves(change.after, change.after_sensitive, change.after_unknown);
  const settled = new Map<string, string | undefined>();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, young] = [before.get(path), after.get(path)];
    if (old !== undefined && young !== undefined && !young.unknown && sameValue(old, young)) continue;
    settled.set(path, young?.unknown === true ? undefined : digest(JSON.stringify(young?.value ?? null)));
  }
  return settled;
}

function sameValue(old: Leaf, young: Leaf): boolean {
  return JSON.stringify(old.value) === JSON.stringify(young.value);
}

function leaves(value: unknown, sensitive: unknown, unknown: unknown, name = ''): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  const visit = (path: string[], value: unknown, sensitive: unknown, unknown: unknown, secret: boolean): void => {
    const here = path.join('.');
    if (unknown === true) {
      found.set(here, { value: undefined, hidden: sensitive === true, unknown: true });
      return;
    }
    if (sensitive === true) {
      if (value !== null && value !== undefined) found.set(here, { value, hidden: true, unknown: false });
      return;
    }
    if ((typeof value === 'object' && value !== null) || (typeof unknown === 'object' && unknown !== null)) {
      for (const key of new Set([...keys(value), ...keys(unknown)])) {
        const named = secret || isSecretPart(value, key);
        visit([...path, key], child(value, key), child(sensitive, key), child(unknown, key), named);
      }
      return;
    }
    if (value === null || value === undefined || value === '') return;
    found.set(here, { value, hidden: typeof value === 'string' && isSecretText(value, secret), unknown: false });
  };
  visit([], value, sensitive, unknown, isSecretName(name));
  return found;
}

function keys(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function child(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) ? value[key] : undefined;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const document = indentedJson(value);
  if (document !== undefined) return document;
  if (value.length > longestLine && !value.includes('\n')) {
    return `${value.length} characters, SHA-256 ${digest(value).slice(0, 12)}`;
  }
  return value.includes('\n') ? value : JSON.stringify(value);
}

/** Policies and the like are JSON in a text: they are read and compared line by line. */
function indentedJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(withoutSecrets(JSON.parse(text)), null, 2);
  } catch {
    return undefined;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
