import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { deployReviewed } from '../../delivery/deploy-reviewed';
import { planStacks, type StackOutcome, type Synth } from '../../delivery/plan-stacks';
import { clientOptions, seedAccount } from '../../local/emulator/account';
import { type Emulator, startEmulator } from '../../local/emulator/emulator';
import { pythonEnvironment } from '../../local/emulator/python-environment';
import { CdktfError, deploy } from '../../local/terraform/cdktf';
import { type Arguments, type Configuration, readStacks, writeStack } from '../../local/terraform/configuration';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import { emulatedWorkspace } from '../../local/terraform/workspace';
import { reviewComment } from '../../plan-review/comment';
import { judge, type Verdict } from '../../plan-review/gate';
import { effectOf, managedChanges, type StackPlan } from '../../plan-review/plan';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { namesAction } from '../iam/policy-evaluation';
import { deliveryStack, roleOf } from '../iam/synthesized-roles';
import { describeWith } from '../requirements';
import { synthesized } from '../synthesized';

const minutes = 60_000;
/** Access keys, of the length that AWS's have, by which the emulator tells who called. */
const [planner, deployerKey] = ['PLANNER', 'DEPLOYER'].map((who) => who.padEnd(20, '0')) as [string, string];
/** A stack that holds data, one with ports, and one with a Lambda function. */
const deployed = ['account', 'network', 'certificates', 'storage', 'search'];

describeWith(
  ['terraform', 'aws-provider', 'python', 'openssl'],
  'plans of stacks that are deployed in an emulated AWS',
  () => {
    const { settings } = readSettings({ ...example, power: { enabled: false } });
    let folder: string;
    let emulator: Emulator;
    let product: Synth;
    let calls: string;
    let failed: Map<string, string> | Error;
    let afterFailure: string[];
    let results: Map<string, string>;
    let deployer: NodeJS.ProcessEnv;

    /** The deployed synth with one stack changed. */
    function changed(name: string, stack: string, change: (configuration: Configuration) => void): Synth {
      const output = join(folder, name);
      cpSync(product.output, output, { recursive: true, filter: (path) => !/\/\.terraform(?:$|\/)/.test(path) });
      const configuration = readStacks(output).get(stack);
      if (configuration === undefined) throw new Error(`no stack ${stack}`);
      change(configuration);
      writeStack(output, stack, configuration);
      return { ...product, output };
    }

    const planned = async (synth: Synth, ...stacks: string[]): Promise<StackOutcome[]> =>
      planStacks(stacks, synth, { folder: join(synth.output, 'plans'), lock: false });

    async function planOf(synth: Synth, stack: string): Promise<StackPlan> {
      const [outcome] = await planned(synth, stack);
      if (outcome === undefined || !('plan' in outcome)) throw new Error(JSON.stringify(outcome));
      return outcome;
    }

    const only = (resources: Record<string, Arguments> | undefined, name?: string): Arguments => {
      const found = name === undefined ? Object.values(resources ?? {})[0] : resources?.[name];
      if (found === undefined) throw new Error(`no resource ${name}`);
      return found;
    };
    const verdictOf = (plan: StackPlan, ...allowed: string[]): Verdict => judge([plan], allowed);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'searchgate-plan-review-'));
      calls = join(folder, 'calls');
      emulator = await startEmulator(await pythonEnvironment(resolve(__dirname, '../../.rehearsal/venv')), { calls });
      const { region, domain } = settings;
      const seeded = await seedAccount(emulator.endpoint, { region, domain: domain.name });
      const s3 = new S3Client({ ...clientOptions(emulator.endpoint, region), forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: settings.state.bucket }));
      s3.destroy();
      const workspace = await emulatedWorkspace(synthesized({ power: { enabled: false } }).folder, {
        folder,
        name: 'product',
        endpoint: emulator.endpoint,
        region,
        hostedZone: { given: undefined, seeded },
      });
      product = { output: workspace.output, environment: as(planner, workspace), log: join(folder, 'terraform.log') };

      // What only people deploy; then, as the workflow, a deploy that meets a name that is taken, in the last stack.
      const log = join(folder, 'deploy.log');
      await deploy(['account', 'network', 'certificates'], { ...workspace, log });
      deployer = as(deployerKey, workspace);
      const logGroup = { logGroupName: '/aws/lambda/searchgate-search' };
      const logs = new CloudWatchLogsClient(clientOptions(emulator.endpoint, region));
      await logs.send(new CreateLogGroupCommand(logGroup));
      failed = await deploy(deployed, { ...product, environment: deployer, log }).catch((error: Error) => error);
      afterFailure = await resourcesOf('search', product);
      await logs.send(new DeleteLogGroupCommand(logGroup));
      logs.destroy();
      results = await deploy(deployed, { ...product, environment: deployer, log });
    }, 8 * minutes);

    afterAll(async () => {
      await emulator?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test(
      'A deploy that failed half-way is finished by running it again',
      async () => {
        const made = (stack: string) =>
          Object.values(readStacks(product.output).get(stack)?.resource ?? {}).flatMap(Object.keys);
        expect(failed).toBeInstanceOf(CdktfError);
        expect((failed as Error).message.replaceAll(/\s/g, '')).toContain('/aws/lambda/searchgate-search');
        expect(afterFailure.length).toBeGreaterThan(0);
        expect(afterFailure.length).toBeLessThan(made('search').length);

        expect(results.get('network')).toBe('0 added, 0 changed, 0 destroyed');
        expect(results.get('search')).toMatch(/^[1-9]\d* added, 0 changed, 0 destroyed$/);
        for (const stack of ['network', 'search']) {
          expect((await resourcesOf(stack, product)).length).toBe(made(stack).length);
        }
      },
      2 * minutes,
    );

    test(
      'A plan right after the deploy is empty for every stack, and a stack that was not deployed is all new',
      async () => {
        const outcomes = await planned(product, ...deployed);
        for (const outcome of outcomes) {
          if (!('plan' in outcome)) throw new Error(JSON.stringify(outcome));
          expect([outcome.stack, managedChanges(outcome.plan).map(({ address }) => address)]).toEqual([
            outcome.stack,
            [],
          ]);
        }
        const plans = outcomes.filter((outcome) => 'plan' in outcome);
        expect(reviewComment({ plans, verdict: judge(plans) })).toContain('nothing changes');

        const kibana = await planOf(product, 'kibana');
        expect(verdictOf(kibana).findings).toEqual([]);
        expect(new Set(managedChanges(kibana.plan).map(({ change }) => effectOf(change)))).toEqual(new Set(['create']));
      },
      5 * minutes,
    );

    test(
      'A stack whose upstream is not there yet waits for it',
      async () => {
        const empty = changed('empty', 'network', ({ terraform }) => {
          elsewhere(terraform, 'network');
        });
        const configuration = readStacks(empty.output).get('search');
        elsewhere(configuration?.terraform, 'search');
        for (const remote of Object.values(configuration?.data?.terraform_remote_state ?? {})) {
          (remote.config as { key: string }).key = 'elsewhere/network.tfstate';
        }
        writeStack(empty.output, 'search', configuration ?? {});
        expect(await planned(empty, 'search')).toEqual([{ stack: 'search', waitsFor: 'network' }]);
        expect(readFileSync(join(empty.output, 'plans/waits'), 'utf8')).toBe('search=network\n');
      },
      5 * minutes,
    );

    test(
      'A change that would replace the data volume is stopped by Terraform, and without its lifecycle by the gate, until it is allowed',
      async () => {
        const move = (protectedVolume: boolean) =>
          changed(`moved-${protectedVolume}`, 'storage', ({ resource }) => {
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
      'A change that opens a port to the world is refused until it is allowed',
      async () => {
        const address = 'aws_vpc_security_group_ingress_rule.security_groups_hosts_from_forwarders_search';
        const synth = changed('opened', 'network', ({ resource }) => {
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
      'A door that is opened to the world is refused too',
      async () => {
        const synth = changed('everybody', 'search', ({ resource }) => {
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

    test(
      'Another Lambda code is one update in place; reviewed, it is applied, and what nobody has reviewed is not',
      async () => {
        const code = (name: string, hash: string, memory?: number) =>
          changed(name, 'search', ({ resource }) => {
            const lambda = only(resource?.aws_lambda_function);
            lambda.source_code_hash = Buffer.from(hash.padEnd(32)).toString('base64');
            if (memory !== undefined) lambda.memory_size = memory;
          });
        const reviewed = { ...code('reviewed', 'reviewed'), environment: deployer };
        const { plan } = await planOf({ ...reviewed, environment: product.environment }, 'search');
        expect(managedChanges(plan).map(({ type, change }) => [type, effectOf(change)])).toEqual([
          ['aws_lambda_function', 'update'],
        ]);

        const folders = { reviewed: join(reviewed.output, 'plans'), folder: join(folder, 'now') };
        const other = { ...code('other', 'reviewed', 1_024), environment: deployer };
        expect(await deployReviewed(['search'], other, folders)).toEqual([
          { stack: 'search', outcome: 'departed', differences: [expect.stringContaining('memory_size changes too')] },
        ]);
        expect(await deployReviewed(['network', 'search'], reviewed, folders)).toEqual([
          { stack: 'network', outcome: 'unchanged', differences: [] },
          { stack: 'search', outcome: 'applied', differences: [] },
        ]);
      },
      5 * minutes,
    );

    // The last one: it looks at all the calls that the others made. What a call is about is tested with the roles themselves.
    test('The plan role has a right for every call that planning made, and the deploy role for every one of a deploy', () => {
      const made = readFileSync(calls, 'utf8').trim().split('\n').map(calledAction);
      const unnamed = (who: string, role: string) => {
        const { policies } = roleOf({ delivery: deliveryStack() }, 'delivery', role);
        const actions = [...new Set(made.filter((call) => call.who === who).map(({ action }) => action))].sort();
        expect(actions.length).toBeGreaterThan(20);
        return actions.filter((action) => !namesAction(policies, action) && action !== 'sts:GetCallerIdentity');
      };
      expect({
        plan: unnamed(planner, 'roles_plan_role'),
        deploy: unnamed(deployerKey, 'roles_deploy_role'),
      }).toEqual({ plan: [], deploy: [] });
    });
  },
);

/** Terraform's environment with an access key of its own. */
function as(who: string, { environment }: { environment: NodeJS.ProcessEnv }): NodeJS.ProcessEnv {
  return { ...environment, AWS_ACCESS_KEY_ID: who };
}

/** A line of the emulator's list of calls, as the action that IAM knows it by. */
function calledAction(line: string): { who: string; action: string } {
  const [who = '', service = '', name = '', method = ''] = line.split(' ');
  if (service === 'apigateway') return { who, action: `apigateway:${method}` };
  if (service === 's3') return { who, action: `s3:${storageActions[name] ?? name}` };
  return { who, action: `${service === 'awslambda' ? 'lambda' : service}:${name}` };
}

/** Calls of S3 whose right has another name. */
const storageActions: Record<string, string> = {
  GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
};

/** The resources that a stack's state holds, by address. */
async function resourcesOf(stack: string, { output, environment, log }: Synth): Promise<string[]> {
  const run = { folder: stackFolder(output, stack), environment, log };
  await terraform(['init', '-input=false', '-reconfigure'], run);
  const { values } = JSON.parse((await terraform(['show', '-json'], run)).output) as {
    values?: { root_module: { resources?: { address: string; mode: string }[] } };
  };
  const resources = values?.root_module.resources ?? [];
  return resources.filter(({ mode }) => mode === 'managed').map(({ address }) => address);
}

/** Points a stack at a state that nobody has written. */
function elsewhere(terraform: Configuration['terraform'], stack: string): void {
  const { s3 } = (terraform?.backend ?? {}) as { s3: { key: string } };
  s3.key = `elsewhere/${stack}.tfstate`;
}
