import { acceptedFindings } from '../../analysis/accepted-findings';
import { compare, readCheckov } from '../../analysis/findings';

function report(parsing_errors: number, ...failed: [string, string, string][]): string {
  const failed_checks = failed.map(([check_id, file_path, resource]) => ({
    check_id,
    check_name: 'a check',
    file_path,
    resource,
  }));
  return JSON.stringify({ summary: { passed: 3, parsing_errors }, results: { failed_checks } });
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
    { check: 'CKV_1', resources: /^power:/, because: 'it is meant' },
    { check: 'CKV_9', resources: /./, because: 'it is meant' },
  ];
  expect(compare(findings, accepted)).toEqual({ open: [findings[1]], needless: [accepted[1]] });
});

test('Every acceptance has a reason, and none is there twice', () => {
  const checks = acceptedFindings.map(({ check, resources }) => `${check} ${resources.source}`);
  expect(new Set(checks).size).toBe(checks.length);
  for (const { check, because } of acceptedFindings) expect([check, because.length > 25]).toEqual([check, true]);
});
