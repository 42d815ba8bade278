import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceptedInModules, acceptedInStacks } from '../../analysis/accepted';
import { compare, readCheckov } from '../../analysis/findings';
import { moduleCalls, writeModules } from '../../modules/write';
import { readSettings } from '../../settings';
import everythingOn from '../../settings/complete.json';
import { synthesized } from '../synthesized';

function report(parsing_errors: number, ...failed: [string, string, string][]): string {
  const failed_checks = failed.map(([check_id, file_path, resource]) => ({
    check_id,
    check_name: 'a check',
    file_path,
    resource,
  }));
  return JSON.stringify({ summary: { passed: 3, parsing_errors }, results: { failed_checks, skipped_checks: [] } });
}

test('Findings are told by stack and name, whether or not checkov names the type', () => {
  const { passed, findings } = readCheckov(
    report(
      0,
      ['CKV_1', '/synth/stacks/search/cdk.tf.json', 'resource.forwarder_function'],
      ['CKV_2', '/storage/plan.json', 'aws_s3_bucket.snapshots_bucket'],
    ),
  );
  expect([passed, findings.map(({ check, resource }) => `${check} ${resource}`)]).toEqual([
    3,
    ['CKV_1 search:forwarder_function', 'CKV_2 storage:snapshots_bucket'],
  ]);
});

test('Findings in modules are told by the outermost module, called or written', () => {
  const { findings } = readCheckov(
    report(
      0,
      ['CKV_1', '/plan.json', 'module.network.module.vpc[0].aws_vpc.network_vpc'],
      ['CKV_2', '/modules/gateway/certificate/main.tf', 'aws_acm_certificate.certificate'],
    ),
  );
  expect(findings.map(({ resource }) => resource)).toEqual(['network:network_vpc', 'gateway:certificate']);
});

test('A file that was not read is no file without findings', () => {
  expect(() => readCheckov(report(1))).toThrow('could not read 1 files');
});

test('What is accepted for one resource is open for another, and what nothing needs is told', () => {
  const { findings } = readCheckov(
    report(0, ['CKV_1', '/power/cdk.tf.json', 'a.b'], ['CKV_1', '/host/cdk.tf.json', 'a.b']),
  );
  const accepted = [
    { check: 'CKV_1', resource: 'power:b', because: 'it is meant' },
    { check: 'CKV_9', resource: /./, because: 'it is meant' },
  ];
  expect(compare(findings, accepted)).toEqual({ open: [findings[1]], needless: [accepted[1]] });
});

describe('What a resource accepts stands with it', () => {
  const complete = readSettings(everythingOn).settings;
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-accepted-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('in the synth, each with a reason', () => {
    const accepted = acceptedInStacks(synthesized(everythingOn).folder);
    expect(accepted).toContainEqual({
      check: 'CKV_AWS_189',
      resource: 'storage:node_0_volume',
      because: expect.stringContaining('AWS’s own key encrypts it'),
    });
    for (const { check, because } of accepted) expect([check, because.length > 25]).toEqual([check, true]);
  });

  test('in modules, as the comments that checkov reads, and is known by each name that a module is called by', () => {
    writeModules(complete, folder);
    const accepted = acceptedInModules(folder, moduleCalls(complete, { power: true }));
    const doors = accepted.filter(({ check }) => check === 'CKV2_AWS_29').map(({ resource }) => resource);
    expect(doors).toEqual(['search:gateway_live_stage', 'kibana:gateway_live_stage']);
    expect(accepted).toContainEqual(expect.objectContaining({ check: 'CKV_AWS_144', resource: 'storage:bucket' }));
  });
});
