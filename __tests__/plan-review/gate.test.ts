import { judge } from '../../plan-review/gate';
import type { ResourceChange } from '../../plan-review/plan';
import { changed, planOf, policy } from './plans';

type Values = Record<string, unknown>;

function findings(...changes: ResourceChange[]): [string, string][] {
  return judge([planOf('some', changes)]).findings.map(({ verdict, text }) => [verdict, text]);
}

const record = (values: Values) => ({ name: 'search.example.com', type: 'A', ...values });

describe('A plan that loses data is refused', () => {
  test.each([
    ['aws_ebs_volume.data', 'everything on it'],
    ['aws_s3_bucket.snapshots', 'every object in it'],
    ['aws_route53_zone.example', 'every record in it, also those of others'],
    ['aws_kms_key.data', 'everything encrypted with it'],
    ['module.database.aws_db_instance.main', 'its databases'],
    ['module.zones["a.b"].aws_dynamodb_table.items[0]', 'its items'],
  ])('when it deletes or replaces %s', (address, loss) => {
    expect(findings(changed(address, { size: 20 }, null))).toEqual([['refused', `is deleted, which loses ${loss}`]]);
    expect(findings(changed(address, { zone: 'a' }, { zone: 'b' }, { replacePaths: [['zone']] }))).toEqual([
      ['refused', `is replaced, which loses ${loss}`],
    ]);
  });

  test('but not when it makes or changes them, or deletes what holds nothing', () => {
    expect(findings(changed('aws_ebs_volume.data', null, { size: 20 }))).toEqual([]);
    expect(findings(changed('aws_ebs_volume.data', { size: 20 }, { size: 40 }))).toEqual([]);
    expect(findings(changed('aws_lambda_function.forwarder', { timeout: 3 }, null))).toEqual([]);
  });

  test('when it deletes a record that others may rely on, but not an alias or a validation of our own', () => {
    const address = 'aws_route53_record.any';
    expect(findings(changed(address, record({ type: 'MX', records: ['10 mail'] }), null))).toHaveLength(1);
    expect(findings(changed(address, record({ records: ['192.0.2.1'], alias: [] }), null))).toHaveLength(1);
    expect(findings(changed(address, record({ alias: [{ name: 'd-1' }] }), null))).toEqual([]);
    expect(findings(changed(address, record({ type: 'CNAME', name: '_1a2b.search.example.com' }), null))).toEqual([]);
  });

  test('when it takes protection away', () => {
    const cases: [string, Values, Values | null][] = [
      ['aws_ebs_volume.data', { final_snapshot: true }, { final_snapshot: false }],
      ['aws_s3_bucket.state', { force_destroy: false }, { force_destroy: true }],
      ['aws_db_instance.main', { deletion_protection: true }, { deletion_protection: false }],
      [
        'aws_s3_bucket_versioning.state',
        { versioning_configuration: [{ status: 'Enabled' }] },
        { versioning_configuration: [{ status: 'Suspended' }] },
      ],
      ['aws_s3_bucket_versioning.state', { versioning_configuration: [{ status: 'Enabled' }] }, null],
      ['aws_s3_bucket_public_access_block.state', { block_public_policy: true }, null],
    ];
    for (const [address, before, after] of cases) {
      expect(findings(changed(address, before, after))).toEqual([['refused', expect.any(String)]]);
      if (after !== null) expect(findings(changed(address, after, before))).toEqual([]);
    }
  });

  test('when Terraform could not plan to the end', () => {
    expect(judge([planOf('host', [], { errored: true })]).passes).toBe(false);
  });
});

describe('A plan that opens a port to everybody is refused', () => {
  const rule = (cidr: Values) => ({ ip_protocol: 'tcp', from_port: 9200, to_port: 9200, ...cidr });

  test.each(['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '64.0.0.0/7'])('IPv4, however it is cut: %s', (cidr) => {
    expect(findings(changed('aws_vpc_security_group_ingress_rule.x', null, rule({ cidr_ipv4: cidr })))).toEqual([
      ['refused', `opens tcp 9200 to ${cidr}`],
    ]);
  });

  test('IPv6, a rule inside its group, and one of the older kind', () => {
    const old = { protocol: 'tcp', from_port: 1, to_port: 65535, cidr_blocks: ['10.0.0.0/8', '0.0.0.0/0'] };
    expect(findings(changed('aws_vpc_security_group_ingress_rule.x', null, rule({ cidr_ipv6: '::/0' })))).toHaveLength(
      1,
    );
    expect(findings(changed('aws_security_group.x', { ingress: [] }, { ingress: [old] }))).toEqual([
      ['refused', 'opens tcp 1–65535 to 0.0.0.0/0'],
    ]);
    expect(findings(changed('aws_security_group_rule.x', null, { ...old, type: 'ingress' }))).toHaveLength(1);
  });

  test('but not a way out, a named neighbour, or what was as open before', () => {
    const old = { protocol: 'tcp', from_port: 443, to_port: 443, cidr_blocks: ['0.0.0.0/0'] };
    expect(findings(changed('aws_vpc_security_group_egress_rule.x', null, rule({ cidr_ipv4: '0.0.0.0/0' })))).toEqual(
      [],
    );
    expect(findings(changed('aws_security_group_rule.x', null, { ...old, type: 'egress' }))).toEqual([]);
    expect(
      findings(changed('aws_vpc_security_group_ingress_rule.x', null, rule({ cidr_ipv4: '203.0.113.0/24' }))),
    ).toEqual([]);
    const open = rule({ cidr_ipv4: '0.0.0.0/0' });
    expect(findings(changed('aws_vpc_security_group_ingress_rule.x', open, { ...open, tags: { a: 'b' } }))).toEqual([]);
    const wider = findings(changed('aws_vpc_security_group_ingress_rule.x', open, { ...open, to_port: 9300 }));
    expect(wider).toEqual([['refused', 'opens tcp 9200–9300 to 0.0.0.0/0']]);
  });

  test('by a single switch', () => {
    const switches: [string, Values][] = [
      ['aws_db_instance.x', { publicly_accessible: true }],
      ['aws_lambda_function_url.x', { authorization_type: 'NONE' }],
      ['aws_lambda_permission.x', { principal: '*', source_arn: null }],
      ['aws_s3_bucket_acl.x', { acl: 'public-read' }],
      ['aws_s3_bucket_public_access_block.x', { block_public_acls: true, block_public_policy: false }],
    ];
    for (const [address, values] of switches) expect(findings(changed(address, null, values))).toHaveLength(1);
    expect(findings(changed('aws_lambda_permission.x', null, { principal: '*', source_arn: 'arn:aws:sns:…' }))).toEqual(
      [],
    );
  });
});

describe('A plan that opens a policy to everybody is refused', () => {
  const open = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' };
  const of = (statement: Values) => findings(changed('aws_s3_bucket_policy.x', null, { policy: policy(statement) }));

  test('whoever everybody is', () => {
    for (const principal of ['*', { AWS: '*' }, { AWS: ['arn:aws:iam::111122223333:root', '*'] }]) {
      expect(of({ ...open, Principal: principal })).toEqual([
        ['refused', 'lets everybody do s3:GetObject by `policy`'],
      ]);
    }
    expect(of({ ...open, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' } })).toHaveLength(
      1,
    );
  });

  test('unless a condition says who', () => {
    const conditions: Values[] = [
      { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/48'] } },
      { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:execute-api:us-east-1:111122223333:*' } },
      { StringEquals: { 'AWS:SourceVpce': 'vpce-1' }, Bool: { 'aws:SecureTransport': 'true' } },
    ];
    for (const Condition of conditions) expect([Condition, of({ ...open, Condition })]).toEqual([Condition, []]);
  });

  test('and no condition that everybody meets counts', () => {
    const conditions: Values[] = [
      { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/0'] } },
      { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
      { Bool: { 'aws:SecureTransport': 'true' } },
      { StringLike: { 'aws:PrincipalOrgID': '*' } },
      { StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } },
      { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-1234567890' } },
      { StringEquals: { 'aws:UserAgent': 'friend' } },
    ];
    for (const Condition of conditions)
      expect([Condition, of({ ...open, Condition })]).toEqual([Condition, [expect.anything()]]);
  });

  test('but a refusal, a named account and an identity’s own policy open nothing', () => {
    expect(of({ ...open, Effect: 'Deny' })).toEqual([]);
    expect(of({ ...open, Principal: { AWS: 'arn:aws:iam::111122223333:root' } })).toEqual([]);
    expect(of({ ...open, Principal: { Service: 'cloudtrail.amazonaws.com' } })).toEqual([]);
    expect(
      findings(changed('aws_iam_role_policy.x', null, { policy: policy({ ...open, Principal: undefined }) })),
    ).toEqual([]);
  });

  test('a role that any repository of an identity provider can take, but not one that names its repository', () => {
    const trust = (Condition?: Values) =>
      findings(
        changed('aws_iam_role.deploy', null, {
          assume_role_policy: policy({
            Effect: 'Allow',
            Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com' },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition,
          }),
        }),
      );
    const github = 'token.actions.githubusercontent.com';
    const audience = { [`${github}:aud`]: 'sts.amazonaws.com' };
    expect(trust()).toHaveLength(1);
    expect(trust({ StringEquals: audience })).toHaveLength(1);
    expect(trust({ StringEquals: audience, StringLike: { [`${github}:sub`]: 'repo:*' } })).toHaveLength(1);
    expect(trust({ StringEquals: { ...audience, [`${github}:sub`]: 'repo:acme/search:pull_request' } })).toEqual([]);
  });

  test('what is open before stays no news; the same statement let to more actions is', () => {
    const before = { policy: policy(open) };
    expect(findings(changed('aws_sqs_queue_policy.x', before, { ...before, queue_url: 'q' }))).toEqual([]);
    const more = { policy: policy({ ...open, Action: 's3:*' }) };
    expect(findings(changed('aws_sqs_queue_policy.x', before, more))).toHaveLength(1);
  });
});

describe('A policy that is only known after the apply', () => {
  const unknown = { afterUnknown: { policy: true } };
  const bucketPolicy = changed('aws_s3_bucket_policy.b', null, { bucket: 'b' }, unknown);
  const configuration = (...resources: Values[]) => ({ configuration: { root_module: { resources } } });
  const of = (address: string) => ({
    address,
    expressions: { bucket: { references: ['aws_s3_bucket.b.id', 'aws_s3_bucket.b'] }, policy: {} },
  });

  test('is refused, since nobody can judge it', () => {
    expect(judge([planOf('some', [bucketPolicy], configuration(of('aws_s3_bucket_policy.b')))]).findings).toEqual([
      expect.objectContaining({
        verdict: 'refused',
        text: 'has a `policy` that nobody can judge before it is applied',
      }),
    ]);
  });

  test('passes where its bucket refuses public policies', () => {
    const block = changed('aws_s3_bucket_public_access_block.b', null, {
      block_public_policy: true,
      restrict_public_buckets: true,
    });
    const blocked = configuration(of('aws_s3_bucket_policy.b'), of('aws_s3_bucket_public_access_block.b'));
    expect(judge([planOf('some', [bucketPolicy, block], blocked)]).findings).toEqual([]);
    const other = {
      address: 'aws_s3_bucket_public_access_block.b',
      expressions: { bucket: { references: ['aws_s3_bucket.c'] } },
    };
    expect(
      judge([planOf('some', [bucketPolicy, block], configuration(of('aws_s3_bucket_policy.b'), other))]).passes,
    ).toBe(false);
  });

  test('is no matter where nobody configured one, or it is an identity’s', () => {
    const topic = changed('aws_sns_topic.t', null, { name: 't' }, unknown);
    const configured = configuration({ address: 'aws_sns_topic.t', expressions: { name: {} } });
    expect(judge([planOf('some', [topic], configured)]).findings).toEqual([]);
    expect(findings(changed('aws_iam_role_policy.r', null, {}, unknown))).toEqual([]);
  });
});

describe('What is allowed', () => {
  const deletion = changed('aws_ebs_volume.data', { size: 20 }, null);

  test('passes by its address, or by stack and address, and is still told', () => {
    for (const allowance of ['aws_ebs_volume.data', 'storage:aws_ebs_volume.data']) {
      const verdict = judge([planOf('storage', [deletion])], [allowance]);
      expect(verdict).toMatchObject({ passes: true, unused: [], findings: [{ verdict: 'allowed' }] });
    }
  });

  test('covers no other address or stack, and what nothing needs is named', () => {
    for (const allowance of ['aws_ebs_volume.other', 'host:aws_ebs_volume.data', 'aws_ebs_volume', '*']) {
      expect(judge([planOf('storage', [deletion])], [allowance])).toMatchObject({ passes: false, unused: [allowance] });
    }
  });
});

test('What is only worth a word does not stop the gate', () => {
  const drift = {
    resource_drift: [
      changed('aws_instance.host', { ami: 'a' }, { ami: 'b' }),
      changed('aws_instance.host', { tags: null }, { tags: {} }),
      changed('aws_instance.host', { volumes: [] }, { volumes: ['attached'] }),
      changed('aws_route_table.filled_in', { route: [] }, { route: [{ a: 1 }] }),
    ],
  };
  const changes = [
    changed('aws_instance.host', { ami: 'a' }, { ami: 'b' }, { replacePaths: [['ami']] }),
    changed('aws_iam_role_policy.all', null, { policy: policy({ Effect: 'Allow', Action: '*', Resource: '*' }) }),
  ];
  const verdict = judge([planOf('host', changes, drift)]);
  expect(verdict.passes).toBe(true);
  expect(verdict.findings.map(({ verdict: each, text }) => `${each}: ${text}`)).toEqual([
    'warning: is replaced: the host is away while a new one starts',
    'warning: grants every action on every resource',
    'warning: was changed outside Terraform since the last apply',
  ]);
});
