import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project } from '../command-line';
import { type Block, synthesized } from '../synthesized';

/** What a CDKTF team writes: two doors' APIs, with a provider of their own, and values that only Terraform knows. */
const app = `
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { App, TerraformStack, TerraformVariable } from 'cdktf';
import { bindProvider, DataVolume, ForwarderFunction, HostUserData, RestApiGateway } from 'searchgate';

const stack = new TerraformStack(new App(), 'ours');
new AwsProvider(stack, 'aws', { region: 'us-east-1' });
const frankfurt = new AwsProvider(stack, 'frankfurt', { region: 'eu-central-1', alias: 'frankfurt' });
const rate = new TerraformVariable(stack, 'rate', { type: 'number' });
const cidrs = new TerraformVariable(stack, 'cidrs', { type: 'list(string)' });
for (const name of ['logs', 'metrics']) {
  const forwarder = new ForwarderFunction(stack, \`\${name}-forwarder\`, {
    functionName: name,
    service: name,
    origin: { addresses: ['10.0.0.10'], port: 9200, serverName: 'search.internal', authority: 'PEM' },
    responseMode: 'streaming',
    subnetIds: ['subnet-1'],
    securityGroupIds: ['sg-1'],
    timeout: 29,
    memory: 256,
    logRetention: 14,
  });
  const gateway = new RestApiGateway(stack, name, {
    name,
    forwarder,
    allowedCidrs: cidrs.listValue,
    requireAuthorization: true,
    throttle: { rate: rate.numberValue, burst: 10 },
    timeout: 29,
    logRetention: 14,
  });
  bindProvider(gateway, frankfurt);
}
new DataVolume(stack, 'data', { name: 'data', zone: 'us-east-1a', size: 20, type: 'gp3' });
App.of(stack).synth();

// Types: each mistake has to be one.
// @ts-expect-error a size is a number
new DataVolume(stack, 'a', { name: 'data', zone: 'us-east-1a', size: '20', type: 'gp3' });
// @ts-expect-error the zone is missing
new DataVolume(stack, 'b', { name: 'data', size: 20, type: 'gp3' });
// @ts-expect-error there is no such mode
const mode: import('searchgate').ResponseMode = 'trickling';
// @ts-expect-error attributes are read only
new HostUserData(stack, 'c', { environment: {} as import('searchgate').HostEnvironment }).base64gzip = mode;
`;

describe('the package, installed into a project of its own', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'searchgate-library-'));
  let packed: string[];
  let stack: Block;

  beforeAll(() => {
    const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
      cwd: project,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename, files }] = JSON.parse(printed) as [{ filename: string; files: { path: string }[] }];
    packed = files.map(({ path }) => path);
    // The provider alone comes from here: unpacked it is 900 MB.
    const provider = '@cdktf/provider-aws';
    const overrides = { [provider]: `file:${join(project, 'node_modules', provider)}` };
    writeFileSync(join(scratch, 'package.json'), JSON.stringify({ name: 'ours', private: true, overrides }));
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${filename}`], {
      cwd: scratch,
      stdio: 'pipe',
    });
    writeFileSync(join(scratch, 'app.ts'), app);
    const compile = join(project, 'node_modules/typescript/bin/tsc');
    const flags =
      '--strict --module CommonJS --moduleResolution Bundler --target ES2022 --skipLibCheck --preserveSymlinks --types node';
    const nodeTypes = ['--typeRoots', join(project, 'node_modules/@types')];
    execFileSync(process.execPath, [compile, ...flags.split(' '), ...nodeTypes, 'app.ts'], {
      cwd: scratch,
      stdio: 'pipe',
    });
    try {
      execFileSync(process.execPath, ['--preserve-symlinks', 'app.js'], { cwd: scratch, stdio: 'pipe' });
    } catch (error) {
      // The last line breaks what its type forbids, after the synth.
      if (!existsSync(join(scratch, 'cdktf.out/stacks/ours/cdk.tf.json'))) throw error;
    }
    stack = JSON.parse(readFileSync(join(scratch, 'cdktf.out/stacks/ours/cdk.tf.json'), 'utf8'));
  }, 180_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test('holds what its constructs need and nothing else', () => {
    const allowed =
      /^(package\.json|README\.md|LICENSE|dist\/library\/(index|constructs\/|patterns\/|lambda-src\/|cloud-init\/))/;
    expect(packed.filter((path) => !allowed.test(path))).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(['dist/library/cloud-init/user-data.yaml']));
  });

  test('brings along what its constructs need and nothing else', () => {
    const scopes = (folder: string) => readdirSync(join(scratch, 'node_modules', folder));
    const installed = scopes('').flatMap((name) =>
      name.startsWith('@') ? scopes(name).map((inner) => `${name}/${inner}`) : name,
    );
    expect(installed.filter((name) => !/^(\.|@esbuild\/)/.test(name)).sort()).toEqual([
      '@cdktf/provider-aws',
      '@cdktf/provider-tls',
      'cdktf',
      'constructs',
      'esbuild',
      'fflate',
      'searchgate',
    ]);
  });

  test('synthesizes two of the same construct in one stack', () => {
    expect(Object.keys(stack.resource.aws_api_gateway_rest_api)).toHaveLength(2);
    expect(
      Object.values<Block>(stack.resource.aws_api_gateway_method_settings)[0]?.settings.throttling_rate_limit,
    ).toBe('${var.rate}');
  });

  test('lets a construct use a provider of its own, and leaves the others alone', () => {
    const providers = (type: string) => Object.values<Block>(stack.resource[type]).map(({ provider }) => provider);
    expect(providers('aws_api_gateway_rest_api')).toEqual(['aws.frankfurt', 'aws.frankfurt']);
    expect(providers('aws_ebs_volume')).toEqual([undefined]);
  });

  test('carries the same forwarder as the app deploys', () => {
    const [ours] = Object.values<Block>(stack.resource.aws_lambda_function);
    const { source_code_hash } = synthesized().stack('search').only('aws_lambda_function');
    expect(ours?.source_code_hash).toBe(source_code_hash);
  });
});
