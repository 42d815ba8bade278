import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStacks } from '../../../local/terraform/configuration';
import { emulatedEnvironment } from '../../../local/terraform/emulated-environment';
import { copySynth } from '../../../local/terraform/synth-copy';
import { isEmulated } from '../../../local/terraform/workspace';

describe('the copy of a synth that a rehearsal deploys', () => {
  let folder: string;
  const search = {
    resource: {
      aws_lambda_function: { f: { runtime: 'nodejs24.x' } },
      aws_route53_record: { a: { zone_id: 'Z0123' } },
    },
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synth-'));
    for (const place of ['stacks/search/assets/zip', 'stacks/search/.terraform', 'stacks/network']) {
      mkdirSync(join(folder, 'synth', place), { recursive: true });
    }
    writeFileSync(join(folder, 'synth/stacks/search/cdk.tf.json'), JSON.stringify(search));
    writeFileSync(join(folder, 'synth/stacks/network/cdk.tf.json'), '{"resource":{}}');
    writeFileSync(join(folder, 'synth/stacks/search/assets/zip/forwarder.zip'), 'bytes');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const copy = (actual: string) =>
    copySynth(join(folder, 'synth'), join(folder, 'copy'), {
      providers: [{ source: 'hashicorp/aws', pinned: '6.25.0', actual, found: undefined }],
      certificates: join(folder, 'certificates'),
      hostedZone: { given: 'Z0123', seeded: 'ZSEEDED' },
    });

  it('differs in what it lists and in nothing else; the synth stays as it is', () => {
    const before = readFileSync(join(folder, 'synth/stacks/search/cdk.tf.json'), 'utf8');
    const differences = copy('5.100.0');
    expect(differences.map(({ address, change }) => `${address}: ${change}`)).toEqual([
      'aws_lambda_function.f: runtime nodejs24.x → nodejs22.x',
      'zone_id: Z0123 → ZSEEDED',
    ]);
    expect(readStacks(join(folder, 'copy')).get('search')?.resource).toEqual({
      aws_lambda_function: { f: { runtime: 'nodejs22.x' } },
      aws_route53_record: { a: { zone_id: 'ZSEEDED' } },
    });
    expect(readFileSync(join(folder, 'synth/stacks/search/cdk.tf.json'), 'utf8')).toBe(before);
  });

  it('carries assets along and leaves what an earlier Terraform run left', () => {
    copy('6.25.0');
    expect(readFileSync(join(folder, 'copy/stacks/search/assets/zip/forwarder.zip'), 'utf8')).toBe('bytes');
    expect(existsSync(join(folder, 'copy/stacks/search/.terraform'))).toBe(false);
    expect(existsSync(join(folder, 'copy/stacks/network/cdk.tf.json'))).toBe(true);
  });
});

describe('the environment of a rehearsal', () => {
  const installation = { cliConfiguration: '/r/terraform.rc', pluginCache: '/r/cache' };
  const place = { endpoint: 'http://127.0.0.1:5000', region: 'us-east-1', installation };

  it('can reach no real account and takes no setting of the user’s Terraform', () => {
    const users = {
      PATH: '/bin',
      AWS_PROFILE: 'production',
      AWS_SESSION_TOKEN: 'secret',
      AWS_ENDPOINT_URL_S3: 'https://real',
      TF_WORKSPACE: 'x',
      TF_CLI_ARGS_plan: '-destroy',
      TF_PLUGIN_CACHE_DIR: '/home/user/cache',
      CDKTF_OUTDIR: 'elsewhere',
    };
    const environment = emulatedEnvironment(place, users);
    expect(environment).toMatchObject({
      PATH: '/bin',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:5000',
      TF_CLI_CONFIG_FILE: '/r/terraform.rc',
      TF_PLUGIN_CACHE_DIR: '/r/cache',
    });
    for (const name of [
      'AWS_PROFILE',
      'AWS_SESSION_TOKEN',
      'AWS_ENDPOINT_URL_S3',
      'TF_WORKSPACE',
      'TF_CLI_ARGS_plan',
      'CDKTF_OUTDIR',
    ]) {
      expect(environment[name]).toBeUndefined();
    }
    expect(JSON.stringify(environment)).not.toMatch(/production|secret|real/);
  });

  it('is only taken where AWS_ENDPOINT_URL names this machine by its address', () => {
    expect(isEmulated({ AWS_ENDPOINT_URL: 'http://127.0.0.1:5000' })).toBe(true);
    for (const AWS_ENDPOINT_URL of [
      undefined,
      '',
      'https://s3.example.com',
      'http://127.0.0.1.example.com:80',
      'http://localhost:5000',
    ]) {
      expect(isEmulated({ AWS_ENDPOINT_URL })).toBe(false);
    }
  });
});
