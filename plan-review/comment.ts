import type { Finding, Verdict } from './gate';
import { code, fenced, html, plain } from './markdown';
import { effectOf, managedChanges, movesAndImports, type StackPlan } from './plan';
import { planLines } from './plan-details';
import { andMore, cutLines, cutText, divided } from './within-length';

/** The first line of the comment, by which it is found again and updated. */
export const commentMarker = '<!-- plan-review -->';

/** Characters. GitHub takes comments of 65,536, and summaries of jobs of 1 MiB, in which a character may take four bytes. */
export const lengths = { comment: 65_000, summary: 250_000 } as const;

export interface Review {
  readonly plans: readonly StackPlan[];
  readonly verdict: Verdict;
  /** Stacks that could not be planned yet, since another one does not exist. */
  readonly waits?: readonly { readonly stack: string; readonly upstream: string }[];
  /** Stacks that Terraform would not plan, and what it said. */
  readonly failures?: readonly { readonly stack: string; readonly said: string }[];
  /** The section about cost, as Markdown. */
  readonly cost?: string;
}

/**
 * A review as one Markdown comment: what is refused and what to watch first, then counts, then cost, then each plan folded.
 *
 * @param longest characters; what is too long for it is cut, and says so
 */
export function reviewComment(review: Review, longest: number = lengths.comment): string {
  const { plans, verdict, waits = [], failures = [], cost } = review;
  const texts = plans.flatMap(({ stack, plan }) => {
    const lines = planLines(plan);
    return lines.length === 0 ? [] : [{ stack, lines, length: lines.join('\n').length + stack.length }];
  });
  const said = divided(
    failures.map((failure) => failure.said.length),
    longest * 0.2,
  );
  const section = (title: string, which: Finding['verdict'], share: number) =>
    findingsSection(title, verdict.findings, which, longest * share);
  const head = [
    commentMarker,
    `## ${headline(review, texts.length > 0)}`,
    ...section('Refused', 'refused', 0.15),
    ...(verdict.passes
      ? []
      : [
          '',
          'Nothing of this is applied. If it is meant, allow each address by a line `allow: ADDRESS` in the description of the pull request.',
        ]),
    ...section('Allowed by name', 'allowed', 0.1),
    ...section('Watch', 'warning', 0.1),
    ...(verdict.unused.length === 0
      ? []
      : ['', cutText(`Allowed, but nothing needs it: ${verdict.unused.map(code).join(', ')}`, longest * 0.05)]),
    ...failures.flatMap(({ stack, said: whole }, index) => [
      '',
      `### ${plain(stack)} could not be planned`,
      '',
      fenced('', cutText(whole.trim(), said[index] ?? 0)),
    ]),
    '',
    ...table(review, longest * 0.15),
    ...(cost === undefined ? [] : ['', cost]),
  ].join('\n');
  const later = waits.length > 0 ? ['Stacks that wait are planned once those above them are there.'] : [];
  // Around each plan stand its name and its fences.
  const around = 150;
  const room = divided(
    texts.map(({ length }) => length + around),
    longest - head.length - around,
  );
  const folded = texts.map(({ stack, lines }, index) =>
    details(stack, cutLines(lines, (room[index] ?? 0) - around - stack.length)),
  );
  return `${[head, ...folded, ...later].join('\n\n')}\n`;
}

/** @param told whether any plan has something to tell: where no resource changes, an output does */
function headline({ plans, verdict, waits = [], failures = [] }: Review, told: boolean): string {
  if (failures.length > 0) return `⛔ No plan for ${failures.map(({ stack }) => plain(stack)).join(', ')}`;
  const refused = verdict.findings.filter((each) => each.verdict === 'refused').length;
  if (refused > 0) return `⛔ Plan refused: ${refused} ${refused === 1 ? 'thing' : 'things'} that nobody allowed`;
  const changes = plans.reduce((sum, { plan }) => sum + managedChanges(plan).length, 0);
  const waiting = waits.length === 0 ? '' : `, ${waits.length} ${waits.length === 1 ? 'stack waits' : 'stacks wait'}`;
  if (changes === 0) return `✅ Plan: ${told ? 'only outputs change' : 'nothing changes'}${waiting}`;
  return `✅ Plan: ${changes} ${changes === 1 ? 'change' : 'changes'}${waiting}`;
}

function findingsSection(
  title: string,
  findings: readonly Finding[],
  verdict: Finding['verdict'],
  longest: number,
): string[] {
  const chosen = findings.filter((finding) => finding.verdict === verdict);
  if (chosen.length === 0) return [];
  return [
    '',
    `### ${title}`,
    '',
    ...cutLines(
      chosen.map(({ stack, address, text }) => `- **${plain(stack)}** ${code(address)} ${plain(cutText(text, 1_000))}`),
      longest,
      (left) => `- ${andMore(left)}`,
    ),
  ];
}

function table({ plans, waits = [], failures = [] }: Review, longest: number): string[] {
  const rows = plans.map(({ stack, plan }) => {
    const effects = managedChanges(plan).map(({ change }) => effectOf(change));
    const count = (effect: string) => effects.filter((each) => each === effect).length;
    const aside = [
      ...(count('forget') > 0 ? [`${count('forget')} forgotten`] : []),
      ...cutLines(movesAndImports(plan).map(code), longest / 5, andMore),
      ...(plan.errored ? ['incomplete'] : []),
    ].join(', ');
    return { stack, counts: ['create', 'update', 'replace', 'delete'].map(count), aside };
  });
  const sums = [0, 1, 2, 3].map((column) => rows.reduce((sum, { counts }) => sum + (counts[column] ?? 0), 0));
  const remarked = rows.some(({ aside }) => aside !== '') || failures.length + waits.length > 0;
  const lines = [
    '| Stack | create | update | replace | delete | |',
    '| :--- | ---: | ---: | ---: | ---: | :--- |',
    ...cutLines(
      [
        ...rows.map(
          ({ stack, counts, aside }) =>
            `| ${plain(stack)} | ${counts.map(bold).join(' | ')} | ${aside.replaceAll('|', '\\|')} |`,
        ),
        ...failures.map(({ stack }) => `| ${plain(stack)} | | | | | could not be planned |`),
        ...waits.map(({ stack, upstream }) => `| ${plain(stack)} | | | | | waits for ${plain(upstream)} |`),
      ],
      longest,
      (left) => `| | | | | | ${andMore(left)} |`,
    ),
    ...(rows.length > 1 ? [`| **all** | ${sums.map(bold).join(' | ')} | |`] : []),
  ];
  // The last column is for remarks.
  return remarked ? lines : lines.map((line) => line.replace(/ [\s:-]*\|$/, ''));
}

function details(stack: string, lines: readonly string[]): string {
  const text = lines.join('\n').trimEnd();
  return ['<details>', `<summary>${html(stack)}</summary>`, '', fenced('diff', text), '', '</details>'].join('\n');
}

function bold(count: number): string {
  return count === 0 ? '·' : `**${count}**`;
}
