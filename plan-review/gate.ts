import { lostData, lostPolicy, lostProtections, takenOver } from './data-holders';
import { newExpirations } from './expirations';
import { grantsEverything, type Opening, openPolicies } from './open-policies';
import { openPorts } from './open-ports';
import { openSwitches } from './open-switches';
import { keepsOwner } from './owner';
import { type Change, effectOf, managedChanges, type Plan, type ResourceChange, type StackPlan } from './plan';
import { unreadable } from './unreadable';
import { valueChanges } from './values';

/** One thing about a plan that a person has to know before saying yes. */
export interface Finding {
  readonly stack: string;
  readonly address: string;
  /** Begins with a verb; the address is its subject. */
  readonly text: string;
  /** `refused` stops the gate, `allowed` would have but for an allowance, `warning` never does. */
  readonly verdict: 'refused' | 'allowed' | 'warning';
}

/** What the gate makes of some plans. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** Allowances that nothing needed. */
  readonly unused: readonly string[];
  readonly passes: boolean;
}

/**
 * Judges plans: what deletes or replaces data, takes away its protection, or opens a port or a policy to everybody is refused,
 * unless its address is allowed.
 *
 * @param allowed Terraform addresses, or `STACK:ADDRESS` for one stack's alone
 */
export function judge(plans: readonly StackPlan[], allowed: readonly string[] = []): Verdict {
  const used = new Set<string>();
  const allowance = (stack: string, address: string): boolean => {
    const matching = allowed.filter((each) => each === address || each === `${stack}:${address}`);
    for (const each of matching) used.add(each);
    return matching.length > 0;
  };
  const findings = plans.flatMap(({ stack, plan }) => {
    const finding = (address: string, text: string, verdict: Finding['verdict']): Finding => ({
      stack,
      address,
      text,
      verdict,
    });
    const changes = managedChanges(plan).flatMap((resource) => {
      const { address } = resource;
      const refusals = [...reasonsOf(resource, plan), ...unreadable(resource, plan)];
      const verdict = refusals.length > 0 && allowance(stack, address) ? 'allowed' : 'refused';
      return [
        ...refusals.map((text) => finding(address, text, verdict)),
        ...warningsOf(resource, plan).map((text) => finding(address, text, 'warning')),
      ];
    });
    return [
      ...(plan.errored
        ? [finding(stack, 'could not be planned to its end: Terraform stopped with an error', 'refused')]
        : []),
      ...changes,
      ...drifted(plan).map(({ address, change }) =>
        finding(
          address,
          `was ${effectOf(change) === 'delete' ? 'deleted' : 'changed'} outside Terraform since the last apply`,
          'warning',
        ),
      ),
    ];
  });
  const order = ['refused', 'allowed', 'warning'];
  return {
    findings: findings.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict)),
    unused: allowed.filter((each) => !used.has(each)),
    passes: findings.every(({ verdict }) => verdict !== 'refused'),
  };
}

/**
 * What somebody else deleted, or changed where this plan changes it too. Providers fill in and rephrase attributes after every apply,
 * which Terraform lists as drift as well and which is of no interest to anybody.
 */
function drifted(plan: Plan): ResourceChange[] {
  const planned = new Map(managedChanges(plan).map(({ address, change }) => [address, pathsOf(change)]));
  return plan.resource_drift.filter(
    ({ mode, address, change }) =>
      mode === 'managed' &&
      (effectOf(change) === 'delete' || pathsOf(change).some((path) => planned.get(address)?.includes(path) === true)),
  );
}

function pathsOf(change: Change): string[] {
  return valueChanges(change).map(({ path }) => path);
}

/** What was open before and stays so is no news: only what a plan newly opens counts, or opens of something else. */
function reasonsOf(resource: ResourceChange, plan: Plan): string[] {
  const { type, change } = resource;
  const opened = (values: unknown): Opening[] => [
    ...[...openPorts(type, values), ...openSwitches(type, values)].map((text) => ({ text, identity: text })),
    ...openPolicies(values),
  ];
  const before = keepsOwner(resource, plan) ? opened(change.before).map(({ identity }) => identity) : [];
  const losses = [lostData(resource), lostPolicy(resource), takenOver(resource)];
  return [
    ...losses.filter((loss) => loss !== undefined),
    ...lostProtections(resource),
    ...newExpirations(resource, plan).flatMap(({ text, everything }) => (everything ? [text] : [])),
    ...opened(change.after).flatMap(({ text, identity }) => (before.includes(identity) ? [] : [text])),
  ];
}

function warningsOf(resource: ResourceChange, plan: Plan): string[] {
  const { type, change, deposed } = resource;
  const effect = effectOf(change);
  return [
    ...(effect === 'forget' ? ['is forgotten: it stays in the account, and Terraform knows it no more'] : []),
    ...(effect === 'replace' && type === 'aws_instance'
      ? ['is replaced: the host is away while a new one starts']
      : []),
    ...(effect === 'update' && type === 'aws_instance' && stops(change)
      ? ['is stopped for the change and started again: the host is away meanwhile']
      : []),
    ...newExpirations(resource, plan).flatMap(({ text, everything }) => (everything ? [] : [text])),
    ...(deposed === undefined ? [] : ['was left behind by a replacement that was interrupted']),
    ...(grantsEverything(type, change.after) && !grantsEverything(type, change.before)
      ? ['grants every action on every resource']
      : []),
  ];
}

/** Whether EC2 takes a change of an instance only while it is stopped. The provider stops and starts it by itself. */
function stops(change: Change): boolean {
  return pathsOf(change).some((path) => /^(?:instance_type|user_data|user_data_base64)$/.test(path));
}
