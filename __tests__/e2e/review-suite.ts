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

/**
 * What a pull request is told of stacks that are deployed.
 *
 * @param isNew a stack that is not deployed, and waits for nothing
 */
export function reviewSuite(
  pipeline: () => Pipeline,
  { deployed, isNew }: { deployed: () => readonly string[]; isNew: string },
): void {
  test(
    'are quiet right after the deploy: every plan is empty, and a stack that was not deployed is all new',
    async () => {
      const { person, planner } = pipeline();
      const outcomes = [
        ...(await planned(person, 'certificates')),
        ...(await planned(planner, ...deployed().filter((stack) => stack !== 'certificates'))),
      ];
      for (const outcome of outcomes) {
        if (!('plan' in outcome)) throw new Error(JSON.stringify(outcome));
        expect([outcome.stack, managedChanges(outcome.plan).map(({ address }) => address)]).toEqual([
          outcome.stack,
          [],
        ]);
      }
      const plans = outcomes.filter((outcome) => 'plan' in outcome);
      expect(reviewComment({ plans, verdict: judge(plans) })).toContain('nothing changes');

      const fresh = await planOf(planner, isNew);
      expect(verdictOf(fresh).findings).toEqual([]);
      expect(new Set(managedChanges(fresh.plan).map(({ change }) => effectOf(change)))).toEqual(new Set(['create']));
    },
    5 * minutes,
  );

  test(
    'lose no data volume: Terraform refuses to replace it, and without its lifecycle the gate does, until it is allowed',
    async () => {
      const move = (protectedVolume: boolean) =>
        changed(pipeline(), `moved-${protectedVolume}`, 'storage', ({ resource }) => {
          const volume = only(resource?.aws_ebs_volume);
          volume.availability_zone = 'us-east-1b';
          if (!protectedVolume) volume.lifecycle = {};
        });
      expect(await planned(move(true), 'storage')).toEqual([
        { stack: 'storage', failure: expect.stringContaining('prevent_destroy') },
      ]);
      const plan = await planOf(move(false), 'storage');
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
    5 * minutes,
  );

  test(
    'open no port to the world until it is allowed',
    async () => {
      const address = 'aws_vpc_security_group_ingress_rule.security_groups_hosts_from_forwarders_search';
      const synth = changed(pipeline(), 'opened', 'network', ({ resource }) => {
        const rule = only(resource?.aws_vpc_security_group_ingress_rule, address.split('.')[1]);
        delete rule.referenced_security_group_id;
        rule.cidr_ipv4 = '0.0.0.0/0';
      });
      const plan = await planOf(synth, 'network');
      expect(verdictOf(plan)).toMatchObject({
        passes: false,
        findings: [{ address, text: 'opens tcp 9200 to 0.0.0.0/0' }],
      });
      expect(verdictOf(plan, address).passes).toBe(true);
    },
    5 * minutes,
  );

  test(
    'open no door to the world either',
    async () => {
      const synth = changed(pipeline(), 'everybody', 'search', ({ resource }) => {
        const api = only(resource?.aws_api_gateway_rest_api);
        api.policy = String(api.policy).replace('203.0.113.0/24', '0.0.0.0/0');
      });
      expect(verdictOf(await planOf(synth, 'search')).findings).toEqual([
        expect.objectContaining({
          verdict: 'refused',
          text: 'lets everybody do execute-api:Invoke by `policy` (from 0.0.0.0/0)',
        }),
      ]);
    },
    5 * minutes,
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
