import { z } from 'zod';
import type { Accepted } from './accepted';

const checkSchema = z.looseObject({
  check_id: z.string(),
  check_name: z.string(),
  file_path: z.string(),
  resource: z.string(),
});
const reportSchema = z.looseObject({
  summary: z.looseObject({ passed: z.number(), parsing_errors: z.number() }),
  results: z.looseObject({ failed_checks: z.array(checkSchema), skipped_checks: z.array(checkSchema) }),
});

/** Something that an analysis found fault with. */
export interface Finding {
  readonly check: string;
  readonly name: string;
  /** `STACK:NAME`, or `MODULE:NAME`, with Terraform's name. */
  readonly resource: string;
}

/** What an analysis came to. */
export interface Analysis {
  readonly passed: number;
  readonly findings: readonly Finding[];
  /** What a comment in the file itself accepts. */
  readonly leftOut: readonly Finding[];
}

/**
 * Reads what checkov writes with `-o json`, for files that lie in folders named after their stacks, or in `modules/MODULE/`.
 *
 * @throws Error where checkov could not read a file: what is not read has no findings
 */
export function readCheckov(text: string): Analysis {
  const reports = z.array(reportSchema).parse([JSON.parse(text)].flat());
  const unread = reports.reduce((sum, { summary }) => sum + summary.parsing_errors, 0);
  if (unread > 0) throw new Error(`checkov could not read ${unread} files`);
  const told = ({ check_id, check_name, file_path, resource }: z.infer<typeof checkSchema>): Finding => ({
    check: check_id,
    name: check_name,
    resource: `${partOf(file_path, resource)}:${resource.split('.').at(-1)}`,
  });
  return {
    passed: reports.reduce((sum, { summary }) => sum + summary.passed, 0),
    findings: reports.flatMap(({ results }) => results.failed_checks.map(told)),
    leftOut: reports.flatMap(({ results }) => results.skipped_checks.map(told)),
  };
}

/** The module that a resource is of: the outermost that an address names, else the outermost folder of the modules, else the stack. */
function partOf(file: string, resource: string): string {
  const called = /^module\.([\w-]+)/.exec(resource)?.[1];
  const written = /\/modules\/([\w-]+)\//.exec(file)?.[1];
  return called ?? written ?? file.split('/').at(-2) ?? '';
}

const tflintSchema = z.looseObject({
  issues: z.array(z.looseObject({ rule: z.looseObject({ name: z.string() }), message: z.string() })),
  errors: z.array(z.looseObject({ message: z.string() })),
});

/**
 * Reads what tflint writes with `--format=json` about one stack.
 *
 * @throws Error where tflint could not read it: what is not read has no findings
 */
export function readTflint(stack: string, text: string): Finding[] {
  const { issues, errors } = tflintSchema.parse(JSON.parse(text));
  const [error] = errors;
  if (error !== undefined) throw new Error(`tflint could not read ${stack}: ${error.message}`);
  return issues.map(({ rule, message }) => ({
    check: rule.name,
    name: message,
    resource: `${stack}:${/^["`]?([\w.-]+)/.exec(message)?.[1] ?? ''}`,
  }));
}

/** Which findings nobody has accepted, and which acceptances no finding needs. */
export function compare(
  findings: readonly Finding[],
  accepted: readonly Accepted[],
): { open: readonly Finding[]; needless: readonly Accepted[] } {
  const covers = ({ check, resource }: Accepted, finding: Finding) =>
    check === finding.check &&
    (typeof resource === 'string' ? resource === finding.resource : resource.test(finding.resource));
  return {
    open: findings.filter((finding) => !accepted.some((each) => covers(each, finding))),
    needless: accepted.filter((each) => !findings.some((finding) => covers(each, finding))),
  };
}
