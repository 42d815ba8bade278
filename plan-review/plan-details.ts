import { isConfigured } from './configuration';
import { differenceByLine, withContext } from './line-difference';
import { type Effect, effectOf, managedChanges, type Plan, type ResourceChange } from './plan';
import { knownAfterApply, type ValueChange, valueChanges } from './values';

/** How a change is announced, and the sign by which GitHub colours a line of a difference. */
const announcements: Readonly<Record<Exclude<Effect, 'none'>, { sign: string; text: string }>> = {
  create: { sign: '+', text: 'create' },
  update: { sign: '!', text: 'update in place' },
  replace: { sign: '-', text: 'REPLACE' },
  delete: { sign: '-', text: 'DELETE' },
  forget: { sign: '!', text: 'forget, without deleting' },
  read: { sign: '#', text: 'read' },
};

/** A plan as lines for a `diff` block: what is destroyed first, then what changes, then what is new. */
export function planLines(plan: Plan): string[] {
  const order: Effect[] = ['delete', 'replace', 'update', 'forget', 'create', 'read', 'none'];
  const changes = managedChanges(plan).sort(
    (a, b) => order.indexOf(effectOf(a.change)) - order.indexOf(effectOf(b.change)) || (a.address < b.address ? -1 : 1),
  );
  const outputs = Object.entries(plan.output_changes).filter(([, change]) => effectOf(change) !== 'none');
  return [
    ...changes.flatMap((resource) => [...resourceLines(resource, plan), '']),
    ...outputs.flatMap(([name, change]) => {
      const values = valueChanges(change, name).map((value) => ({
        ...value,
        path: `output ${name}${value.path && `.${value.path}`}`,
      }));
      return values.flatMap((value) => valueLines(value, 0));
    }),
  ];
}

/** Longer ones would have to be scrolled sideways. */
const longestLine = 100;

function resourceLines({ address, change, deposed }: ResourceChange, plan: Plan): string[] {
  const effect = effectOf(change);
  if (effect === 'none') return [];
  const { sign, text } = announcements[effect];
  const values = valueChanges(change);
  const causes = values.filter(({ forcesReplacement }) => forcesReplacement).map(({ path }) => path);
  const what = `${sign} ${address}${deposed === undefined ? '' : ` (left behind: ${deposed})`}: ${text}`;
  const because = effect === 'replace' && causes.length > 0 ? `because of ${causes.join(', ')}` : '';
  const inOne = because === '' ? what : `${what}, ${because}`;
  const heading = inOne.length <= longestLine || because === '' ? [inOne] : [what, `${sign}   ${because}`];
  // What a deleted resource was stands in the state.
  if (effect === 'delete' || effect === 'forget') return heading;
  // What a new one leaves to AWS says nothing, and neither does what an update leaves to it.
  const told = values.filter(
    ({ path, after }) =>
      after !== knownAfterApply || (effect === 'update' && isConfigured(address, path.split('.')[0] ?? '', plan)),
  );
  const worthTelling = effect === 'replace' ? told.filter(({ after }) => after !== undefined) : told;
  return [...heading, ...worthTelling.flatMap((value) => valueLines(value, 4))];
}

function valueLines({ path, before, after }: ValueChange, indent: number): string[] {
  const space = ' '.repeat(Math.max(0, indent - 2));
  const line = (sign: string, text: string) => `${sign} ${space}${text}`;
  if (before?.includes('\n') || after?.includes('\n')) {
    return [
      line(' ', `${path}:`),
      ...withContext(differenceByLine(before ?? '', after ?? ''))
        .filter(({ sign, text }) => text !== '' || (sign === '+' ? after : before) !== undefined)
        .map(({ sign, text }) => line(sign, `  ${text}`)),
    ];
  }
  if (before === undefined) return [line('+', `${path} = ${after}`)];
  if (after === undefined) return [line('-', `${path} = ${before}`)];
  const inOne = line('!', `${path}: ${before} → ${after}`);
  return inOne.length <= longestLine ? [inOne] : [line('-', `${path} = ${before}`), line('+', `${path} = ${after}`)];
}
