import type { Finding, Verdict } from './gate';
import { effectOf, managedChanges, movesAndImports, type StackPlan } from './plan';
import { planLines } from './plan-details';

/** The first line of the comment, by which it is found again and updated. */
export const commentMarker = '<!-- plan-review -->';

/** GitHub refuses longer comments. */
const longestComment = 65_000;

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

/** A review as one Markdown comment: what is refused and what to watch first, then counts, then cost, then each plan folded. */
export function reviewComment(review: Review): string {
  const { plans, verdict, waits = [], failures = [], cost } = review;
  const head = [
    commentMarker,
    `## ${headline(review)}`,
    ...findingsSection('Refused', verdict.findings, 'refused'),
    ...(verdict.passes
      ? []
      : [
          '',
          'Nothing of this is applied. If it is meant, allow each address by a line `allow: ADDRESS` in the description of the pull request.',
        ]),
    ...findingsSection('Allowed by name', verdict.findings, 'allowed'),
    ...findingsSection('Watch', verdict.findings, 'warning'),
    ...(verdict.unused.length === 0
      ? []
      : ['', `Allowed, but nothing needs it: ${verdict.unused.map(code).join(', ')}`]),
    ...failures.flatMap(({ stack, said }) => [
      '',
      `### ${plain(stack)} could not be planned`,
      '',
      fenced('', said.trim()),
    ]),
    '',
    ...table(review),
    ...(cost === undefined ? [] : ['', cost]),
  ].join('\n');
  const folded = plans.filter(({ plan }) => hasDetails(plan)).map(details);
  return withinLimit(head, folded, waits.length);
}

function headline({ plans, verdict, waits = [], failures = [] }: Review): string {
  if (failures.length > 0) return `⛔ No plan for ${failures.map(({ stack }) => plain(stack)).join(', ')}`;
  const refused = verdict.findings.filter((each) => each.verdict === 'refused').length;
  if (refused > 0) return `⛔ Plan refused: ${refused} ${refused === 1 ? 'thing' : 'things'} that nobody allowed`;
  const changes = plans.reduce((sum, { plan }) => sum + managedChanges(plan).length, 0);
  if (changes === 0 && waits.length === 0) return '✅ Plan: nothing changes';
  return `✅ Plan: ${changes} ${changes === 1 ? 'change' : 'changes'}`;
}

function findingsSection(title: string, findings: readonly Finding[], verdict: Finding['verdict']): string[] {
  const chosen = findings.filter((finding) => finding.verdict === verdict);
  if (chosen.length === 0) return [];
  return [
    '',
    `### ${title}`,
    '',
    ...chosen.map(({ stack, address, text }) => `- **${plain(stack)}** ${code(address)} ${plain(text)}`),
  ];
}

function table({ plans, waits = [], failures = [] }: Review): string[] {
  const rows = plans.map(({ stack, plan }) => {
    const effects = managedChanges(plan).map(({ change }) => effectOf(change));
    const count = (effect: string) => effects.filter((each) => each === effect).length;
    const aside = [
      ...(count('forget') > 0 ? [`${count('forget')} forgotten`] : []),
      ...movesAndImports(plan).map(code),
      ...(plan.errored ? ['incomplete'] : []),
    ].join(', ');
    return { stack, counts: ['create', 'update', 'replace', 'delete'].map(count), aside };
  });
  const sums = [0, 1, 2, 3].map((column) => rows.reduce((sum, { counts }) => sum + (counts[column] ?? 0), 0));
  return [
    '| Stack | create | update | replace | delete | |',
    '| :--- | ---: | ---: | ---: | ---: | :--- |',
    ...rows.map(
      ({ stack, counts, aside }) =>
        `| ${plain(stack)} | ${counts.map(bold).join(' | ')} | ${aside.replaceAll('|', '\\|')} |`,
    ),
    ...failures.map(({ stack }) => `| ${plain(stack)} | | | | | could not be planned |`),
    ...waits.map(({ stack, upstream }) => `| ${plain(stack)} | | | | | waits for ${plain(upstream)} |`),
    ...(rows.length > 1 ? [`| **all** | ${sums.map(bold).join(' | ')} | |`] : []),
  ];
}

function hasDetails(plan: StackPlan['plan']): boolean {
  return planLines(plan).length > 0;
}

function details({ stack, plan }: StackPlan): string {
  const text = planLines(plan).join('\n').trimEnd();
  return ['<details>', `<summary>${html(stack)}</summary>`, '', fenced('diff', text), '', '</details>'].join('\n');
}

/** A block of code with a fence longer than any in the text, or a value could end the block and be read as Markdown. */
function fenced(language: string, text: string): string {
  const fence = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return [`${fence}${language}`, text, fence].join('\n');
}

function withinLimit(head: string, folded: readonly string[], waiting: number): string {
  const shown: string[] = [];
  let length = head.length;
  for (const section of folded) {
    if (length + section.length > longestComment - 200) break;
    shown.push(section);
    length += section.length + 2;
  }
  const left = folded.length - shown.length;
  const note =
    left > 0 ? [`${left} ${left === 1 ? 'plan is' : 'plans are'} too long for a comment: see the log of the job.`] : [];
  const later = waiting > 0 ? ['Stacks that wait are planned once those above them are there.'] : [];
  return `${[head, ...shown, ...note, ...later].join('\n\n')}\n`;
}

function bold(count: number): string {
  return count === 0 ? '·' : `**${count}**`;
}

function code(text: string): string {
  return text.includes('`') ? html(text) : `\`${text}\``;
}

/** Text of ours with names from outside: nothing in it becomes Markdown that mentions, links or embeds. */
function plain(text: string): string {
  return text
    .replaceAll('<', '&lt;')
    .replaceAll('@', '&#64;')
    .replaceAll('\n', ' ')
    .replaceAll('|', '\\|')
    .replaceAll('![', '!\\[');
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('@', '&#64;');
}
