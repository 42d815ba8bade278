import { join } from 'node:path';
import { deployReviewed } from '../../delivery/deploy-reviewed';
import { planStacks, type StackOutcome, type Synth } from '../../delivery/plan-stacks';
import { type Arguments, type Configuration, readStacks, writeStack } from '../../local/terraform/configuration';
import { reviewComment } from '../../plan-review/comment';
import { judge, type Verdict } from '../../plan-review/gate';
import { effectOf, managedChanges, type StackPlan } from '../../plan-review/plan';
import { copyOf, type Pipeline } from './pipeline';

const minutes = 60_000;

/** Plans stacks as a pipeline does, with a role that may not lock. */
export function planned(synth: Synth, ...stacks: string[]): Promise<StackOutcome[]> {
  return planStacks(stacks, synth, { folder: join(synth.output, 'plans'), lock: false });
}

/** @throws Error where there is no plan */
async function planOf(synth: Synth, stack: string): Promise<StackPlan> {
  const [outcome] = await planned(synth, stack);
  if (outcome === undefined || !('plan' in outcome)) throw new Error(JSON.stringify(outcome));
  return outcome;
}

/** The planner's copy of what is deployed, with one stack changed. */
function changed(
  { planner, folder }: Pipeline,
  name: string,
  stack: string,
  change: (configuration: Configuration) => void,
): Synth {
  const synth = copyOf(planner, join(folder, name));
  const configuration = readStacks(synth.output).get(stack);
  if (configuration === undefined) throw new Error(`no stack ${stack}`);
  change(configuration);
  writeStack(synth.output, stack, configuration);
  return synth;
}

function only(resources: Record<string, Arguments> | undefined, name?: string): Arguments {
  const found = name === undefined ? Object.values(resources ?? {})[0] : resources?.[name];
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
}

const verdictOf = (plan: StackPlan, ...allowed: string[]): Verdict => judge([plan], allowed);

/** Plans that are under way. */
export interface Reviews {
  /** Of a stack that is not deployed, and waits for nothing. */
  readonly fresh: Promise<StackPlan>;
  /** Of every stack that is deployed. */
  readonly quiet: Promise<StackOutcome[]>;
  /** The data volume in another zone, with its lifecycle and without. */
  readonly guarded: Promise<StackOutcome[]>;
  readonly unguarded: Promise<StackPlan>;
  /** A port that everybody reaches. */
  readonly port: Promise<StackPlan>;
  /** A door that lets in everybody. */
  readonly door: Promise<StackPlan>;
}

const openedRule = 'aws_vpc_security_group_ingress_rule.security_groups_hosts_from_forwarders_search';

/** Begins to plan what {@link reviewSuite} looks at. It goes on beside whatever comes before that, such as a host that falls asleep. */
export function startReviews(pipeline: Pipeline, deployed: readonly string[], isNew: string): Reviews {
  const { person, planner } = pipeline;
  // One after the other: a provider that stands by holds one configuration at a time.
  let last: Promise<unknown> = Promise.resolve();
  const next = <Outcome>(plan: () => Promise<Outcome>): Promise<Outcome> => {
    const made = last.then(plan);
    last = made.catch(() => undefined);
    return made;
  };
  const move = (name: string, guarded: boolean) =>
    changed(pipeline, name, 'storage', ({ resource }) => {
      const volume = only(resource?.aws_ebs_volume);
      volume.availability_zone = 'us-east-1b';
      if (!guarded) volume.lifecycle = {};
    });
  // Copied now: what is deployed meanwhile writes beside the stacks.
  const [guarded, unguarded] = [move('guarded', true), move('unguarded', false)];
  const port = changed(pipeline, 'port', 'network', ({ resource }) => {
    const rule = only(resource?.aws_vpc_security_group_ingress_rule, openedRule.split('.')[1]);
    delete rule.referenced_security_group_id;
    rule.cidr_ipv4 = '0.0.0.0/0';
  });
  const door = changed(pipeline, 'door', 'search', ({ resource }) => {
    const api = only(resource?.aws_api_gateway_rest_api);
    api.policy = String(api.policy).replace('203.0.113.0/24', '0.0.0.0/0');
  });
  const byRole = deployed.filter((stack) => stack !== 'certificates');
  return {
    fresh: next(() => planOf(planner, isNew)),
    quiet: next(async () => [...(await planned(person, 'certificates')), ...(await planned(planner, ...byRole))]),
    guarded: next(() => planned(guarded, 'storage')),
    unguarded: next(() => planOf(unguarded, 'storage')),
    port: next(() => planOf(port, 'network')),
    door: next(() => planOf(door, 'search')),
  };
}

/** What a pull request is told of stacks that are deployed. */
export function reviewSuite(reviews: () => Reviews): void {
  test(
    'are quiet right after the deploy: every plan is empty, and a stack that was not deployed is all new',
    async () => {
      const outcomes = await reviews().quiet;
      for (const outcome of outcomes) {
        if (!('plan' in outcome)) throw new Error(JSON.stringify(outcome));
        expect([outcome.stack, managedChanges(outcome.plan).map(({ address }) => address)]).toEqual([
          outcome.stack,
          [],
        ]);
      }
      const plans = outcomes.filter((outcome) => 'plan' in outcome);
      expect(plans.length).toBeGreaterThan(6);
      expect(reviewComment({ plans, verdict: judge(plans) })).toContain('nothing changes');

      const fresh = await reviews().fresh;
      expect(verdictOf(fresh).findings).toEqual([]);
      expect(new Set(managedChanges(fresh.plan).map(({ change }) => effectOf(change)))).toEqual(new Set(['create']));
    },
    8 * minutes,
  );

  test(
    'lose no data volume: Terraform refuses to replace it, and without its lifecycle the gate does, until it is allowed',
    async () => {
      expect(await reviews().guarded).toEqual([
        { stack: 'storage', failure: expect.stringContaining('prevent_destroy') },
      ]);
      const plan = await reviews().unguarded;
      expect(verdictOf(plan)).toMatchObject({
        passes: false,
        findings: [
          {
            verdict: 'refused',
            address: 'aws_ebs_volume.node_0_volume',
            text: expect.stringContaining('everything on it'),
          },
        ],
      });
      expect(verdictOf(plan, 'aws_ebs_volume.node_0_volume').passes).toBe(true);
      expect(reviewComment({ plans: [plan], verdict: verdictOf(plan) })).toContain(
        'REPLACE, because of availability_zone',
      );
    },
    8 * minutes,
  );

  test(
    'open no port to the world until it is allowed',
    async () => {
      const plan = await reviews().port;
      expect(verdictOf(plan)).toMatchObject({
        passes: false,
        findings: [{ address: openedRule, text: 'opens tcp 9200 to 0.0.0.0/0' }],
      });
      expect(verdictOf(plan, openedRule).passes).toBe(true);
    },
    8 * minutes,
  );

  test(
    'open no door to the world either',
    async () => {
      expect(verdictOf(await reviews().door).findings).toEqual([
        expect.objectContaining({
          verdict: 'refused',
          text: 'lets everybody do execute-api:Invoke by `policy` (from 0.0.0.0/0)',
        }),
      ]);
    },
    8 * minutes,
  );
}

/** What becomes of a review on the main branch. It changes what is deployed. */
export function deployReviewedSuite(pipeline: () => Pipeline): void {
  test(
    'show another Lambda code as one update in place; reviewed, it is applied, and what nobody has reviewed is not',
    async () => {
      const { folder, deployer } = pipeline();
      const code = (name: string, hash: string, memory?: number) =>
        changed(pipeline(), name, 'search', ({ resource }) => {
          const lambda = only(resource?.aws_lambda_function);
          lambda.source_code_hash = Buffer.from(hash.padEnd(32)).toString('base64');
          if (memory !== undefined) lambda.memory_size = memory;
        });
      const byDeployer = (synth: Synth): Synth => ({ ...deployer, output: synth.output });
      const reviewed = code('reviewed', 'reviewed');
      const { plan } = await planOf(reviewed, 'search');
      expect(managedChanges(plan).map(({ type, change }) => [type, effectOf(change)])).toEqual([
        ['aws_lambda_function', 'update'],
      ]);

      const folders = { reviewed: join(reviewed.output, 'plans'), folder: join(folder, 'now') };
      expect(await deployReviewed(['search'], byDeployer(code('other', 'reviewed', 1_024)), folders)).toEqual([
        { stack: 'search', outcome: 'departed', differences: [expect.stringContaining('memory_size changes too')] },
      ]);
      expect(await deployReviewed(['network', 'search'], byDeployer(reviewed), folders)).toEqual([
        { stack: 'network', outcome: 'unchanged', differences: [] },
        { stack: 'search', outcome: 'applied', differences: [] },
      ]);
    },
    5 * minutes,
  );
}
