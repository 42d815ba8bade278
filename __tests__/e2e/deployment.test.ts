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
import { clientOptions } from '../../local/emulator/account';
import { type Finished, run } from '../../local/process-group';
import { type Deployment, deployEverything, startAccount, synthesize } from '../../local/rehearsal/deployment';
import { Progress } from '../../local/rehearsal/progress';
import { deploy, stacksInOrder } from '../../local/terraform/cdktf';
import { readStacks } from '../../local/terraform/configuration';
import { emulatedCredentials } from '../../local/terraform/emulated-environment';
import { assetsOf, startProvider } from '../../local/terraform/standing-provider';
import { stackFolder } from '../../local/terraform/synth-copy';
import { emulatedWorkspace } from '../../local/terraform/workspace';
import { loadSettings } from '../../settings';
import { describeWith } from '../requirements';
import { sleepSuite } from './sleep-suite';

const project = resolve(__dirname, '../..');
const minutes = 60_000;
/** Seconds. */
const day = 86_400;

describeWith(['terraform', 'aws-provider', 'python', 'openssl'], 'the stacks in an emulated AWS', () => {
  const { settings } = loadSettings(join(project, 'settings/example.json'));
  let folder: string;
  let said = '';
  let deployment: Deployment;
  let adoption: Promise<Finished>;
  let zone: { given: string | undefined; seeded: string };

  const options = () => clientOptions(deployment.emulator.endpoint, settings.region);
  const place = () => ({ folder, endpoint: deployment.emulator.endpoint, region: settings.region, hostedZone: zone });

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
    const example = JSON.parse(readFileSync(join(project, 'settings/example.json'), 'utf8')) as object;
    writeFileSync(join(folder, `${output}.json`), JSON.stringify({ ...example, ...change }));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'searchgate-e2e-'));
    const progress = new Progress({
      write: (text: string) => {
        said += text;
      },
    });
    const product = join(folder, 'product');
    await synthesize(product, { ...process.env, SEARCHGATE_SETTINGS: join(project, 'settings/example.json') });
    const account = await startAccount(settings, { venv: join(project, '.rehearsal/venv'), progress });
    zone = { given: settings.domain.zoneId, seeded: account.hostedZone };

    // A bucket that somebody made by hand, for another deployment. Adopting it mostly waits, so it goes on beside the stacks.
    settingsFile('adopted', { name: 'adopted', state: { bucket: 'made-by-hand' } });
    const s3 = new S3Client(clientOptions(account.emulator.endpoint, settings.region));
    await s3.send(new CreateBucketCommand({ Bucket: 'made-by-hand' }));
    s3.destroy();
    adoption = command('bootstrap', account.emulator.endpoint, 'adopted');
    try {
      deployment = await deployEverything(settings, account, { product, folder, progress });
    } catch (error) {
      await account.emulator.stop();
      throw error;
    }
  }, 12 * minutes);

  afterAll(async () => {
    await adoption?.catch(() => undefined);
    await deployment?.emulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }, minutes);

  it('are all deployed, and nothing but added', () => {
    expect([...deployment.results.keys()].sort()).toEqual([...readStacks(join(folder, 'product')).keys()].sort());
    for (const result of deployment.results.values())
      expect(result).toMatch(/^[1-9]\d* added, 0 changed, 0 destroyed$/);
    expect(said).toContain('✓ cdktf deploy');
  });

  it('run the very zip that was synthesized: source_code_hash is the CodeSha256 of the function', async () => {
    const lambda = new LambdaClient(options());
    for (const { name } of settings.services) {
      const stack = readStacks(join(folder, 'product')).get(name);
      const [synthesized] = Object.values(stack?.resource?.aws_lambda_function ?? {});
      const zip = readFileSync(join(stackFolder(join(folder, 'product'), name), String(synthesized?.filename)));
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

  sleepSuite(() => ({ settings, endpoint: deployment.emulator.endpoint, product: join(folder, 'product') }));

  it(
    'do not change when they are synthesized and deployed again a day later, by the account’s clock: a newer image is out, and the host sleeps without its public address',
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

      await synthesize(join(folder, 'again'), {
        ...process.env,
        SEARCHGATE_SETTINGS: join(project, 'settings/example.json'),
      });
      const workspace = await emulatedWorkspace(join(folder, 'again'), { ...place(), name: 'synth-again' });
      const { output } = workspace;
      const log = join(folder, 'again.log');
      const { stop, ...provider } = await startProvider(
        { ...workspace, folder: assetsOf(output) },
        workspace.environment,
      );
      const results = await deploy(stacksInOrder(output), { output, log, ...provider }).finally(stop);
      expect(readFileSync(log, 'utf8').match(/# .* (?:will|must) be .*/g)).toBeNull();
      expect(results.size).toBe(deployment.results.size);
      for (const [stack, result] of results)
        expect(`${stack}: ${result}`).toBe(`${stack}: 0 added, 0 changed, 0 destroyed`);
      expect(readFileSync(log, 'utf8').match(/No changes\. Your infrastructure matches/g)).toHaveLength(results.size);
      expect(await host()).toMatchObject({ InstanceId: awake.InstanceId, ImageId: awake.ImageId });
      ec2.destroy();
      ssm.destroy();
    },
    8 * minutes,
  );

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
