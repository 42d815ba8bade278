import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  APIGatewayClient,
  GetIntegrationCommand,
  GetResourcesCommand,
  GetRestApisCommand,
} from '@aws-sdk/client-api-gateway';
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetBucketVersioningCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { newestImage } from '../../constructs/search-host';
import { type StackOutcome, synthDigest } from '../../delivery/plan-stacks';
import { clientOptions } from '../../local/emulator/account';
import { type Finished, run } from '../../local/process-group';
import { deployStacks, startAccount, synthesize } from '../../local/rehearsal/deployment';
import { Progress } from '../../local/rehearsal/progress';
import { deploy } from '../../local/terraform/cdktf';
import { readStacks } from '../../local/terraform/configuration';
import { emulatedCredentials } from '../../local/terraform/emulated-environment';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { delivered } from '../iam/synthesized-roles';
import { describeWith } from '../requirements';
import { interruptionSuite } from './interruption-suite';
import { keys, type Pipeline, personsFirst, startPipeline } from './pipeline';
import { deployReviewedSuite, planned, type Reviews, reviewSuite, startReviews } from './review-suite';
import { rightsSuite } from './rights-suite';
import { sleepSuite } from './sleep-suite';

const project = resolve(__dirname, '../..');
const minutes = 60_000;
/** Seconds. */
const day = 86_400;
/** The door that is deployed last. */
const last = 'kibana';

describeWith(['terraform', 'aws-provider', 'python', 'openssl'], 'the stacks in an emulated AWS', () => {
  const { settings } = readSettings({ ...example, ...delivered });
  let folder: string;
  let said = '';
  let deployment: Awaited<ReturnType<typeof deployStacks>>;
  let adoption: Promise<Finished>;
  let pipeline: Pipeline;
  let results: Map<string, string>;
  let waiting: StackOutcome[];
  let reviews: Reviews;

  const options = () => clientOptions(deployment.emulator.endpoint, settings.region);
  const product = () => join(folder, 'product');
  const stacks = () => [...readStacks(product()).keys()];

  /** One of the project's commands, as a user runs it against this emulator. */
  const command = (name: string, endpoint: string, output: string, ...flags: string[]): Promise<Finished> =>
    run(process.execPath, ['--require', 'tsx/cjs', `commands/${name}.ts`, '--output', join(folder, output), ...flags], {
      cwd: project,
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: emulatedCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: emulatedCredentials.secretAccessKey,
        SEARCHGATE_SETTINGS: join(folder, `${output}.json`),
      },
    });
  const settingsFile = (output: string, change: object): void => {
    writeFileSync(join(folder, `${output}.json`), JSON.stringify({ ...example, ...delivered, ...change }));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'searchgate-e2e-'));
    const progress = new Progress({
      write: (text: string) => {
        said += text;
      },
    });
    settingsFile('product', {});
    await synthesize(product(), { ...process.env, SEARCHGATE_SETTINGS: join(folder, 'product.json') });
    const calls = join(folder, 'calls');
    const account = await startAccount(settings, { venv: join(project, '.rehearsal/venv'), progress, calls });

    // A bucket that somebody made by hand, for another deployment. Adopting it mostly waits, so it goes on beside the stacks.
    settingsFile('adopted', { name: 'adopted', state: { bucket: 'made-by-hand' } });
    const s3 = new S3Client(clientOptions(account.emulator.endpoint, settings.region));
    await s3.send(new CreateBucketCommand({ Bucket: 'made-by-hand' }));
    s3.destroy();
    adoption = command('bootstrap', account.emulator.endpoint, 'adopted');
    try {
      const only = (stack: string) => personsFirst.includes(stack);
      deployment = await deployStacks(settings, account, { product: product(), folder, progress, only });
    } catch (error) {
      await account.emulator.stop();
      throw error;
    }
    pipeline = await startPipeline(deployment, { settings, folder, calls, hostedZone: account.hostedZone });
    waiting = await planned(pipeline.planner, 'host');
    // Most of making a stack is waiting, which stacks can do side by side, with a provider each.
    const others = stacks().filter((stack) => stack !== last && !personsFirst.includes(stack));
    const environment = { ...deployment.workspace.environment, AWS_ACCESS_KEY_ID: keys.deployer };
    results = await deploy(others, { ...pipeline.deployer, environment }).catch((error: Error) => {
      throw new Error(`${error.message}\nThe emulated AWS: ${account.emulator.complaints()}`);
    });
    reviews = startReviews(pipeline, [...personsFirst, ...others], last);
  }, 15 * minutes);

  afterAll(async () => {
    await Promise.allSettled([adoption, deployment?.untilBootstrapped(), ...Object.values(reviews ?? {})]);
    await pipeline?.stop();
    await deployment?.emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 5 * minutes);

  it('are deployed, and nothing but added', () => {
    const all = new Map([...deployment.results, ...results]);
    expect([...all.keys(), last].sort()).toEqual(stacks().sort());
    for (const result of all.values()) expect(result).toMatch(/^[1-9]\d* added, 0 changed, 0 destroyed$/);
    expect(said).toContain('✓ cdktf deploy');
  });

  it('wait for what is not deployed yet', () => {
    expect(waiting).toEqual([{ stack: 'host', waitsFor: 'storage' }]);
  });

  describe('a deploy that is killed', () => {
    // It is planned while it is new.
    beforeAll(async () => void (await reviews.fresh), 5 * minutes);
    interruptionSuite(() => pipeline, last);
  });

  it('run the very zip that was synthesized: source_code_hash is the CodeSha256 of the function', async () => {
    const lambda = new LambdaClient(options());
    for (const { name } of settings.services) {
      const stack = readStacks(product()).get(name);
      const [synthesized] = Object.values(stack?.resource?.aws_lambda_function ?? {});
      const zip = readFileSync(join(stackFolder(product(), name), String(synthesized?.filename)));
      const FunctionName = String(synthesized?.function_name);
      const { CodeSha256 } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      expect(CodeSha256).toBe(synthesized?.source_code_hash);
      expect(CodeSha256).toBe(createHash('sha256').update(zip).digest('base64'));
    }
    lambda.destroy();
  });

  it('have gateways that invoke their function by the URI that streams', async () => {
    const gateway = new APIGatewayClient(options());
    const { items: apis = [] } = await gateway.send(new GetRestApisCommand({}));
    expect(apis.map(({ name }) => name).sort()).toEqual(
      settings.services.map(({ name }) => `searchgate-${name}`).sort(),
    );
    for (const { id: restApiId, name } of apis) {
      const { items = [] } = await gateway.send(new GetResourcesCommand({ restApiId }));
      const uris = items.flatMap(({ id: resourceId, resourceMethods = {} }) =>
        Object.keys(resourceMethods).map(async (httpMethod) => {
          const { uri } = await gateway.send(new GetIntegrationCommand({ restApiId, resourceId, httpMethod }));
          return uri;
        }),
      );
      const arn = `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
      expect(new Set(await Promise.all(uris))).toEqual(
        new Set([
          `arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/${arn}/response-streaming-invocations`,
        ]),
      );
    }
    gateway.destroy();
  });

  it(
    'bring their state bucket about once: a second bootstrap does no harm',
    async () => {
      await deployment.untilBootstrapped();
      settingsFile('bootstrapped', {});
      const { code, output, errors } = await command('bootstrap', deployment.emulator.endpoint, 'bootstrapped');
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toContain('searchgate-state-example-com: there already');
    },
    minutes,
  );

  it(
    'adopt a state bucket that was made by hand, with its state in it and versions kept',
    async () => {
      const { code, output, errors } = await adoption;
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toContain('made-by-hand: adopted');
      const s3 = new S3Client(options());
      const state = { Bucket: 'made-by-hand', Key: 'searchgate/adopted/state.tfstate' };
      expect((await s3.send(new HeadObjectCommand(state))).ContentLength).toBeGreaterThan(0);
      expect((await s3.send(new GetBucketVersioningCommand({ Bucket: 'made-by-hand' }))).Status).toBe('Enabled');
      s3.destroy();
    },
    3 * minutes,
  );

  sleepSuite(() => ({ settings, endpoint: deployment.emulator.endpoint, product: product() }));

  describe('plans', () => reviewSuite(() => reviews));

  it(
    'do not change when they are synthesized and planned again a day later, by the account’s clock: a newer image is out, and the host sleeps without its public address',
    async () => {
      const started = Date.now();
      const [ec2, ssm] = [new EC2Client(options()), new SSMClient(options())];
      const host = async () => {
        const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
        const [instance] = Reservations.flatMap(({ Instances = [] }) => Instances);
        if (instance === undefined) throw new Error('there is no host');
        return instance;
      };
      const InstanceIds = [(await host()).InstanceId ?? ''];
      await ec2.send(new StartInstancesCommand({ InstanceIds }));
      const awake = await host();
      expect(awake.PublicIpAddress).toBeDefined();
      await ec2.send(new StopInstancesCommand({ InstanceIds }));
      const asleep = await host();
      expect([asleep.State?.Name, asleep.PublicIpAddress]).toEqual(['stopped', undefined]);
      const newer = { Name: newestImage, Value: 'ami-0aaaaaaaaaaaaaaaa' };
      await ssm.send(new PutParameterCommand({ ...newer, Overwrite: true }));
      expect((await ssm.send(new GetParameterCommand({ Name: newestImage }))).Parameter?.Value).toBe(newer.Value);
      expect(awake.ImageId).not.toBe(newer.Value);

      expect((await deployment.emulator.later(day)).getTime()).toBeGreaterThanOrEqual(started + day * 1_000);

      await synthesize(join(folder, 'again'), { ...process.env, SEARCHGATE_SETTINGS: join(folder, 'product.json') });
      expect(synthDigest(join(folder, 'again'))).toBe(synthDigest(product()));
      for (const stack of stacks()) {
        const { output, ...synth } = stack === 'certificates' ? pipeline.person : pipeline.planner;
        const run = { ...synth, folder: stackFolder(output, stack) };
        const plan = await terraform(['plan', '-detailed-exitcode', '-input=false', '-lock=false'], run, [0, 2]);
        expect(`${stack}: ${plan.output}`).toContain('No changes. Your infrastructure matches the configuration.');
        expect([stack, plan.code]).toEqual([stack, 0]);
      }
      expect(await host()).toMatchObject({ InstanceId: awake.InstanceId, ImageId: awake.ImageId });
      ec2.destroy();
      ssm.destroy();
    },
    8 * minutes,
  );

  describe('plans', () => deployReviewedSuite(() => pipeline));

  describe('roles', () => rightsSuite(() => pipeline));

  // The last one: it takes everything down.
  it(
    'are destroyed in the right order; what holds data or is shared stays and is named',
    async () => {
      settingsFile('destroyed', {});
      const { code, output } = await command('destroy', deployment.emulator.endpoint, 'destroyed', '--yes');
      expect(output).toMatch(/Goes:.*(search|kibana).*host.*network/);
      for (const stack of ['storage', 'account', 'state']) expect(output).toMatch(new RegExp(`${stack} .*to purge:`));
      expect(code).toBe(0);

      const [gateway, ec2] = [new APIGatewayClient(options()), new EC2Client(options())];
      expect((await gateway.send(new GetRestApisCommand({}))).items ?? []).toEqual([]);
      const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
      expect(Reservations.flatMap(({ Instances = [] }) => Instances).map(({ State }) => State?.Name)).toEqual([
        'terminated',
      ]);
      const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
      expect(Volumes.filter(({ Tags }) => Tags?.some(({ Value }) => Value === 'searchgate-node-0-data'))).toHaveLength(
        1,
      );
      gateway.destroy();
      ec2.destroy();
    },
    8 * minutes,
  );
});
