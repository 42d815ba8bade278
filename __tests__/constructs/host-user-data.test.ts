import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TerraformOutput, TerraformStack, TerraformVariable, Testing } from 'cdktf';
import {
  cloudConfig,
  type HostEnvironment,
  HostUserData,
  hostEnvironmentVariables,
} from '../../constructs/host-user-data';
import { describeWith } from '../requirements';

const environment: HostEnvironment = {
  name: 'searchgate',
  region: 'us-east-1',
  node: 'node-0',
  privateAddress: '10.42.0.10',
  seedAddresses: '',
  nodeRoles: '',
  runsKibana: true,
  zone: 'us-east-1a',
  dataVolumeId: 'vol-0123456789abcdef0',
  elasticVersion: '9.x',
  parameterPrefix: '/searchgate',
  elasticsearchPort: 9200,
  elasticsearchServerName: 'search.searchgate.internal',
  kibanaPort: 5601,
  kibanaServerName: 'kibana.searchgate.internal',
  kibanaPublicUrl: 'https://kibana.example.com',
  snapshotBucket: 'searchgate-snapshots',
  snapshotHours: 24,
  snapshotKeep: 14,
  alarms: true,
  connectorHosts: '',
  updatesAt: 'Sun *-*-* 04:00',
};

describe('the text of the user data', () => {
  test('a value that would break out of its quotes is refused', () => {
    expect(() => cloudConfig({ NAME: "a'; reboot; '" })).toThrow(/NAME of host\.env/);
    expect(() => cloudConfig({ NAME: 'a\nb' })).toThrow(/NAME of host\.env/);
  });

  test('an ordinary environment is carried, every key once', () => {
    const text = cloudConfig(hostEnvironmentVariables(environment));
    expect(text).toContain("      DATA_VOLUME_ID='vol-0123456789abcdef0'\n");
    for (const key of Object.keys(hostEnvironmentVariables(environment)))
      expect(text.match(new RegExp(`^ +${key}='`, 'gm'))).toHaveLength(1);
  });
});

describeWith(['terraform'], 'user data as Terraform renders it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'user-data-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function rendered(build: (stack: TerraformStack) => HostEnvironment): Buffer {
    const stack = new TerraformStack(Testing.app(), 'stack');
    const userData = new HostUserData(stack, 'user-data', { environment: build(stack) });
    new TerraformOutput(stack, 'user_data', { value: userData.base64gzip, staticId: true });
    writeFileSync(join(folder, 'cdk.tf.json'), Testing.synth(stack));
    const expression = String(JSON.parse(Testing.synth(stack)).output.user_data.value).replace(/^\$\{|\}$/g, '');
    const answer = execFileSync('terraform', ['console'], {
      cwd: folder,
      input: expression,
      stdio: 'pipe',
      env: {
        ...process.env,
        TF_CLI_CONFIG_FILE: '/dev/null',
        TF_VAR_volume: 'vol-0fedcba9876543210',
        TF_VAR_port: '9201',
      },
    });
    return Buffer.from(JSON.parse(answer.toString()), 'base64');
  }

  test('the scripts arrive on the host as they lie in the repository, and what is left below the limit of 16 KB is told', () => {
    const sent = rendered(() => environment);
    expect(gunzipSync(sent).toString()).toBe(cloudConfig(hostEnvironmentVariables(environment)));
    const left = 16_384 - sent.length;
    process.stdout.write(`user data: ${sent.length} bytes as sent, ${left} left\n`);
    expect(left).toBeGreaterThan(1_024);
  });

  test('values that Terraform only knows later are filled in, numbers too', () => {
    const sent = rendered((stack) => ({
      ...environment,
      dataVolumeId: new TerraformVariable(stack, 'volume', { type: 'string' }).stringValue,
      elasticsearchPort: new TerraformVariable(stack, 'port', { type: 'number' }).numberValue,
    }));
    const expected = { ...environment, dataVolumeId: 'vol-0fedcba9876543210', elasticsearchPort: 9201 };
    expect(gunzipSync(sent).toString()).toBe(cloudConfig(hostEnvironmentVariables(expected)));
  });
});
