import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { lengths, reviewComment } from '../plan-review/comment';
import { judge } from '../plan-review/gate';
import { costSection, readMonthlyCost } from '../plan-review/monthly-cost';
import { readPlan, type StackPlan } from '../plan-review/plan';
import { readFlags, runCommand, UserError } from './terminal';

const help = `
npm run plan-review -- [STACK=]PLAN.json…: writes one Markdown comment about Terraform plans, and is the gate: exit code 1 when a plan
deletes or replaces what holds data, takes away its protection, or opens a port or a policy to everybody, unless its address is allowed.
Works for any Terraform plan:  terraform plan -out=p && terraform show -json p > PLAN.json

  STACK=PLAN.json            the name shown for a plan; without it the file's, or its folder's where it is called plan.json
  --waits STACK=UPSTREAM     a stack that can't be planned before another one exists; again for each
  --failed STACK=FILE        a stack that Terraform would not plan, and what it said; again for each. The gate is shut then
  --allow ADDRESS            an address, or STACK:ADDRESS, that may do what the gate refuses; again for each
  --allow-file FILE          the same, one a line; what follows # is a comment
  --allow-in FILE            a text, such as a pull request's description, whose lines "allow: ADDRESS" count
  --cost-before FILE         the month's cost before and after, as npm run cost -- --json writes it
  --cost-after FILE
  --output FILE              the comment goes there instead of standard output
  --summary FILE             the same is added to this file at four times a comment's length, such as $GITHUB_STEP_SUMMARY

Values that Terraform or a provider calls sensitive, and what is named like a secret, are never printed.
`;

const flags = {
  waits: { type: 'string', multiple: true },
  failed: { type: 'string', multiple: true },
  allow: { type: 'string', multiple: true },
  'allow-file': { type: 'string', multiple: true },
  'allow-in': { type: 'string', multiple: true },
  'cost-before': { type: 'string' },
  'cost-after': { type: 'string' },
  output: { type: 'string' },
  summary: { type: 'string' },
} as const;

void runCommand(() => {
  const { values, positionals } = readFlags(help, flags);
  const mistakes: string[] = [];
  /** What `read` makes of a file; its complaint is kept, so that every mistake is told at once. */
  const from = <Value>(file: string, read: (text: string) => Value | string): Value | undefined => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      mistakes.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
    const value = read(text);
    if (typeof value !== 'string') return value;
    mistakes.push(`${file}: ${value}`);
    return undefined;
  };

  const plans = positionals.flatMap((given): StackPlan[] => {
    const [, name, file = given] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(given) ?? [];
    const plan = from(file, readPlan);
    return plan === undefined ? [] : [{ stack: name ?? nameOf(file), plan }];
  });
  const names = plans.map(({ stack }) => stack);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  for (const name of twice) mistakes.push(`${name}: two plans have this name; give them others: NAME=PLAN.json`);
  const waits = (values.waits ?? []).map((given) => {
    const [, stack = '', upstream = ''] = /^([^=]+)=([^=]+)$/.exec(given) ?? [];
    if (stack === '') mistakes.push(`--waits ${given}: STACK=UPSTREAM`);
    return { stack, upstream };
  });
  const failures = (values.failed ?? []).flatMap((given) => {
    const [, stack = '', file = ''] = /^([^=]+)=(.+)$/.exec(given) ?? [];
    if (stack === '') mistakes.push(`--failed ${given}: STACK=FILE`);
    const said = stack === '' ? undefined : from(file, (text) => ({ text }));
    return said === undefined ? [] : [{ stack, said: said.text }];
  });
  const allowed = [
    ...(values.allow ?? []),
    ...(values['allow-file'] ?? []).flatMap((file) => from(file, listedAddresses) ?? []),
    ...(values['allow-in'] ?? []).flatMap((file) => from(file, allowedAddresses) ?? []),
  ];
  const [before, after] = [values['cost-before'], values['cost-after']];
  if ((before === undefined) !== (after === undefined)) mistakes.push('--cost-before and --cost-after go together');
  const costs = [before, after].map((file) => (file === undefined ? undefined : from(file, readMonthlyCost)));
  if (positionals.length === 0 && waits.length === 0 && failures.length === 0) mistakes.push('no plan given');
  if (mistakes.length > 0) throw new UserError(`${mistakes.join('\n')}\n\n${help.trim()}`);

  const verdict = judge(plans, allowed);
  const [costBefore, costAfter] = costs;
  const cost = costBefore === undefined || costAfter === undefined ? undefined : costSection(costBefore, costAfter);
  const review = { plans, verdict, waits, failures, cost };
  const comment = reviewComment(review);
  if (values.output === undefined) process.stdout.write(comment);
  else writeFileSync(values.output, comment);
  if (values.summary !== undefined) appendFileSync(values.summary, reviewComment(review, lengths.summary));
  for (const { stack, address, text, verdict: each } of verdict.findings) {
    console.error(`${each}: ${stack} ${address} ${text}`);
  }
  return verdict.passes && failures.length === 0 ? 0 : 1;
});

function nameOf(file: string): string {
  const name = basename(file).replace(/\.json$/, '');
  const folder = basename(dirname(file));
  return name === 'plan' && folder !== '' && folder !== '.' ? folder : name;
}

function listedAddresses(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** What is hidden from readers, such as a template's own words, allows nothing. */
function allowedAddresses(description: string): string[] {
  const text = description.replace(/<!--[\s\S]*?(?:-->|$)/g, '');
  return text.split(/\r?\n/).flatMap((line) => /^[\s>*-]*allow:\s*`?([^\s`][^`]*?)`?\s*$/i.exec(line)?.[1] ?? []);
}
