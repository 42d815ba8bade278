import { stringify } from 'yaml';
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

  test('when a host goes whose volumes go with it, but not those that are attached to it', () => {
    const host = (kept: boolean) => ({
      ami: 'a',
      root_block_device: [{ device_name: '/dev/xvda', delete_on_termination: true }],
      ebs_block_device: [{ device_name: '/dev/sdf', delete_on_termination: !kept }],
    });
    const loss = 'which loses everything on its volume /dev/sdf';
    const address = 'aws_instance.host';
    expect(findings(changed(address, host(false), null))).toEqual([['refused', `is deleted, ${loss}`]]);
    expect(findings(changed(address, host(false), { ami: 'b' }, { replacePaths: [['ami']] }))).toEqual([
      ['refused', `is replaced, ${loss}`],
      ['warning', expect.any(String)],
    ]);
    expect(findings(changed(address, host(true), null))).toEqual([]);
  });

  test('when it has S3 expire every object of a bucket, or sooner; where some expire, that is a warning', () => {
    const address = 'aws_s3_bucket_lifecycle_configuration.x';
    const rules = (...rule: Values[]) => ({ bucket: 'b', rule: rule.map((each) => ({ status: 'Enabled', ...each })) });
    const all = (days: number) => rules({ filter: [{ prefix: '', tag: [] }], expiration: [{ days, date: null }] });
    const some = (prefix: string, days: number) => rules({ filter: [{ prefix }], expiration: [{ days }] });
    const kept = rules({ filter: [], noncurrent_version_expiration: [{ noncurrent_days: 30 }] });
    const refusal = [['refused', 'has S3 expire every object of its bucket after 30 days']];
    expect(findings(changed(address, null, all(30)))).toEqual(refusal);
    expect(findings(changed(address, kept, all(30)))).toEqual(refusal);
    expect(findings(changed(address, all(31), all(30)))).toEqual(refusal);
    expect(findings(changed(address, some('tmp/', 1), all(30)))).toEqual(refusal);
    expect(findings(changed(address, all(30), { ...all(30), bucket: 'c' }, { replacePaths: [['bucket']] }))).toEqual(
      refusal,
    );
    const dated = (date: string) => rules({ prefix: '', expiration: [{ date }] });
    const [later, sooner] = [dated('2031-01-01T00:00:00Z'), dated('2030-01-01T00:00:00Z')];
    expect(findings(changed(address, later, sooner))).toEqual([
      ['refused', 'has S3 expire every object of its bucket on 2030-01-01T00:00:00Z'],
    ]);
    expect(findings(changed(address, kept, some('tmp/', 1)))).toEqual([
      ['warning', 'has S3 expire objects under tmp/ of its bucket after 1 day'],
    ]);
    const harmless: [Values | null, Values | null][] = [
      [null, kept],
      [all(30), all(31)],
      [all(30), some('tmp/', 30)],
      [some('tmp/', 1), some('tmp/', 2)],
      [sooner, later],
      [all(30), null],
      [kept, rules({ filter: [], expiration: [{ expired_object_delete_marker: true, days: 0 }] })],
      [kept, rules({ filter: [], status: 'Disabled', expiration: [{ days: 1 }] })],
    ];
    for (const [before, after] of harmless)
      expect([after, findings(changed(address, before, after))]).toEqual([after, []]);
    // A bucket that is made with it holds nothing yet.
    expect(findings(changed(address, null, all(30), { afterUnknown: { bucket: true } }))).toEqual([]);
    expect(findings(changed('aws_s3_bucket.b', null, { bucket: 'b' }), changed(address, null, all(30)))).toEqual([]);
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

  test('when it takes over a record that others may rely on, but not a validation of our own', () => {
    const address = 'aws_route53_record.any';
    const taken = { ...record({ records: ['192.0.2.1'] }), allow_overwrite: true };
    expect(findings(changed(address, null, taken))).toEqual([
      ['refused', 'takes over search.example.com A, which others may have made and rely on'],
    ]);
    expect(findings(changed(address, taken, { ...taken, ttl: 60 }))).toEqual([]);
    expect(findings(changed(address, null, { ...taken, allow_overwrite: null }))).toEqual([]);
    expect(findings(changed(address, null, { ...taken, type: 'CNAME', name: '_1a2b.search.example.com' }))).toEqual([]);
    // What only the apply tells is a certificate's validation.
    expect(findings(changed(address, null, { allow_overwrite: true }, { afterUnknown: { name: true } }))).toEqual([]);
  });

  test('when it makes a key useless, or takes backups away', () => {
    const cases: [string, Values, Values][] = [
      ['aws_kms_key.data', { is_enabled: true }, { is_enabled: false }],
      ['aws_db_instance.main', { backup_retention_period: 7 }, { backup_retention_period: 0 }],
      ['google_sql_database_instance.main', { deletion_protection: true }, { deletion_protection: false }],
    ];
    for (const [address, before, after] of cases) {
      expect([address, findings(changed(address, before, after))]).toEqual([
        address,
        [['refused', expect.any(String)]],
      ]);
      expect(findings(changed(address, after, before))).toEqual([]);
    }
    expect(findings(changed('aws_api_gateway_api_key.k', { is_enabled: true }, { is_enabled: false }))).toEqual([]);
  });

  test('when Terraform deletes it by a removed block, but not when that only forgets it', () => {
    const deletion = changed('aws_kms_key.data', { is_enabled: true }, null);
    expect(findings(deletion)).toHaveLength(1);
    const forgotten = { ...deletion, change: { ...deletion.change, actions: ['forget' as const] } };
    expect(findings(forgotten)).toEqual([
      ['warning', 'is forgotten: it stays in the account, and Terraform knows it no more'],
    ]);
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

  test('through a list of prefixes, which rules name without its blocks', () => {
    const entries = (...blocks: string[]) => ({ entry: blocks.map((cidr) => ({ cidr })) });
    const address = 'aws_ec2_managed_prefix_list.friends';
    expect(findings(changed(address, entries('192.0.2.0/24'), entries('192.0.2.0/24', '::/0')))).toEqual([
      ['refused', 'holds ::/0, and every rule that names it lets that in'],
    ]);
    expect(findings(changed(address, null, entries('192.0.2.0/24')))).toEqual([]);
    expect(findings(changed('aws_ec2_managed_prefix_list_entry.e', null, { cidr: '0.0.0.0/0' }))).toHaveLength(1);
  });

  test('and so is one whose rule only the apply will tell', () => {
    const said = 'lets in whom only the apply will tell';
    const unknown = (address: string, after: Values, afterUnknown: Values, more: Values = {}) =>
      judge([planOf('some', [changed(address, null, after, { afterUnknown })], more)]).findings.map(({ text }) => text);
    const ingress = 'aws_vpc_security_group_ingress_rule.x';
    expect(unknown(ingress, {}, { cidr_ipv4: true, id: true })).toEqual([said]);
    expect(unknown(ingress, { cidr_ipv4: '192.0.2.0/24' }, { referenced_security_group_id: true, id: true })).toEqual(
      [],
    );
    expect(unknown('aws_security_group_rule.x', { type: 'ingress' }, { ipv6_cidr_blocks: [true] })).toEqual([said]);
    expect(unknown('aws_security_group_rule.x', { type: 'egress' }, { cidr_blocks: [true] })).toEqual([]);
    expect(unknown('aws_security_group.x', { ingress: [{}] }, { ingress: [{ cidr_blocks: [true] }] })).toEqual([said]);
    const configured = (expressions: Values) => ({
      configuration: { root_module: { resources: [{ address: 'aws_security_group.x', expressions }] } },
    });
    // Nobody configured its rules: they are resources of their own.
    expect(unknown('aws_security_group.x', {}, { ingress: true }, configured({ name: {} }))).toEqual([]);
    expect(unknown('aws_security_group.x', {}, { ingress: true }, configured({ ingress: {} }))).toEqual([said]);
  });

  test('by a single switch', () => {
    const switches: [string, Values][] = [
      ['aws_eks_cluster.x', { vpc_config: [{ endpoint_public_access: true, public_access_cidrs: ['0.0.0.0/0'] }] }],
      ['aws_mq_broker.x', { publicly_accessible: true }],
      ['aws_ami_launch_permission.x', { group: 'all' }],
      ['aws_db_snapshot.x', { shared_accounts: ['all'] }],
      ['aws_ssm_document.x', { permissions: { type: 'Share', account_ids: 'All' } }],
      ['aws_s3_object.x', { acl: 'public-read' }],
      ['aws_s3_account_public_access_block.x', { block_public_policy: false }],
      ['aws_cloudwatch_event_permission.x', { principal: '*', condition: [] }],
      ['aws_lambda_layer_version_permission.x', { principal: '*' }],
      ['aws_vpc_endpoint_service.x', { allowed_principals: ['*'] }],
      ['aws_db_instance.x', { publicly_accessible: true }],
      ['aws_lambda_function_url.x', { authorization_type: 'NONE' }],
      ['aws_lambda_permission.x', { principal: '*', source_arn: null }],
      ['aws_lambda_permission.x', { principal: '*', source_arn: 'arn:aws:s3:::*' }],
      ['aws_s3_bucket_acl.x', { acl: 'public-read' }],
      ['google_storage_bucket_iam_member.x', { member: 'allUsers', role: 'roles/storage.objectViewer' }],
      ['google_storage_bucket_iam_binding.x', { members: ['user:a@example.com', 'allAuthenticatedUsers'] }],
      ['google_cloud_run_service_iam_member.x', { member: 'allUsers', role: 'roles/run.invoker' }],
      ['aws_s3_bucket_public_access_block.x', { block_public_acls: true, block_public_policy: false }],
    ];
    for (const [address, values] of switches)
      expect([address, findings(changed(address, null, values)).length]).toEqual([address, 1]);
    const shut: [string, Values][] = [
      ['aws_eks_cluster.x', { vpc_config: [{ endpoint_public_access: true, public_access_cidrs: ['192.0.2.0/24'] }] }],
      ['aws_ami_launch_permission.x', { account_id: '111122223333' }],
      ['aws_db_snapshot.x', { shared_accounts: ['111122223333'] }],
      ['aws_cloudwatch_event_permission.x', { principal: '*', condition: [{ key: 'aws:PrincipalOrgID' }] }],
      ['aws_lambda_layer_version_permission.x', { principal: '*', organization_id: 'o-1234567890' }],
      ['google_storage_bucket_iam_member.x', { member: 'user:a@example.com', role: 'roles/storage.admin' }],
    ];
    for (const [address, values] of shut)
      expect([address, findings(changed(address, null, values))]).toEqual([address, []]);
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
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:*:*:111122223333:*' } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:acme-logs' } },
      { StringLike: { 'aws:SourceArn': 'arn:aws:s3:::acme-*' } },
      { StringLike: { 'aws:SourceVpc': 'vpc-0a1b*' } },
      { StringLike: { 'aws:userid': 'AROAEXAMPLEEXAMPLE123:*' } },
      { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1234567890/*' } },
      { StringEquals: { 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' } },
    ];
    for (const Condition of conditions) expect([Condition, of({ ...open, Condition })]).toEqual([Condition, []]);
  });

  test('and no condition that everybody meets counts', () => {
    const conditions: Values[] = [
      { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/0'] } },
      { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
      { Bool: { 'aws:SecureTransport': 'true' } },
      { StringLike: { 'aws:PrincipalOrgID': '*' } },
      { StringLike: { 'aws:PrincipalOrgID': 'o-*' } },
      { StringLike: { 'aws:PrincipalAccount': '1*' } },
      { StringLike: { 'aws:SourceVpc': 'vpc-*' } },
      { StringLike: { 'aws:SourceVpce': 'v*' } },
      { StringLike: { 'aws:userid': 'AROA*' } },
      { StringLike: { 'aws:PrincipalArn': 'a*' } },
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } },
      { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/a', 'arn:aws:iam::1111?2223333:role/*'] } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:?*' } },
      { ArnLike: { 'aws:SourceArn': 'arn:aws:route53:::hostedzone/*' } },
      { StringEquals: { 'aws:PrincipalArn': '${aws:PrincipalArn}' } },
      { StringEqualsIfExists: { 'aws:SourceVpce': 'vpce-1' } },
      { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-1234567890' } },
      { StringEquals: { 'aws:UserAgent': 'friend' } },
    ];
    for (const Condition of conditions)
      expect([Condition, of({ ...open, Condition })]).toEqual([Condition, [expect.anything()]]);
  });

  test('whatever the resource is that carries it', () => {
    const carriers: [string, string][] = [
      ['aws_s3_bucket.x', 'policy'],
      ['aws_s3_access_point.x', 'policy'],
      ['aws_sqs_queue.x', 'policy'],
      ['aws_sqs_queue_policy.x', 'policy'],
      ['aws_sns_topic.x', 'policy'],
      ['aws_sns_topic_policy.x', 'policy'],
      ['aws_kms_key.x', 'policy'],
      ['aws_kms_key_policy.x', 'policy'],
      ['aws_ecr_repository_policy.x', 'policy'],
      ['aws_secretsmanager_secret.x', 'policy'],
      ['aws_secretsmanager_secret_policy.x', 'policy'],
      ['aws_api_gateway_rest_api.x', 'policy'],
      ['aws_api_gateway_rest_api_policy.x', 'policy'],
      ['aws_opensearch_domain_policy.x', 'access_policies'],
      ['aws_glacier_vault.x', 'access_policy'],
      ['aws_cloudwatch_log_resource_policy.x', 'policy_document'],
      ['aws_iam_role.x', 'assume_role_policy'],
      ['aws_efs_file_system_policy.x', 'policy'],
      ['aws_dynamodb_resource_policy.x', 'policy'],
    ];
    for (const [address, attribute] of carriers) {
      expect([address, findings(changed(address, null, { [attribute]: policy(open) }))]).toEqual([
        address,
        [['refused', expect.stringContaining('lets everybody do')]],
      ]);
      const named = policy({ ...open, Principal: { AWS: 'arn:aws:iam::111122223333:root' } });
      expect(findings(changed(address, null, { [attribute]: named }))).toEqual([]);
      // The same, where only the apply tells what it says.
      expect([address, findings(changed(address, null, {}, { afterUnknown: { [attribute]: true } })).length]).toEqual([
        address,
        1,
      ]);
    }
  });

  test('also one inside a document, as in a REST API’s description, in JSON or YAML', () => {
    const api = (statement: Values) => ({
      openapi: '3.0.1',
      'x-amazon-apigateway-policy': { Version: '2012-10-17', Statement: [statement] },
    });
    const invoke = { ...open, Action: 'execute-api:Invoke' };
    const said = [['refused', 'lets everybody do execute-api:Invoke by `body`']];
    const named = { ...invoke, Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } };
    const address = 'aws_api_gateway_rest_api.x';
    for (const write of [JSON.stringify, stringify]) {
      expect(findings(changed(address, null, { body: write(api(invoke)) }))).toEqual(said);
      expect(findings(changed(address, { body: write(api(named)) }, { body: write(api(invoke)) }))).toEqual(said);
      expect(findings(changed(address, null, { body: write(api(named)) }))).toEqual([]);
    }
    const nested = { template_body: JSON.stringify({ Policy: policy(invoke) }) };
    expect(findings(changed('aws_cloudformation_stack.x', null, nested))).toHaveLength(1);
    expect(findings(changed('aws_x.y', null, { block: [{ policy: policy(invoke) }] }))).toHaveLength(1);
    expect(findings(changed('aws_x.y', null, { script: 'Statement' }))).toEqual([]);
  });

  test('unless the policy itself refuses all others, as long as it does', () => {
    const api = (...more: Values[]) => ({ policy: policy({ ...open, Action: 'execute-api:Invoke' }, ...more) });
    const deny = (Condition: Values, more: Values = {}) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 'execute-api:Invoke',
      Resource: '*',
      Condition,
      ...more,
    });
    const others = deny({ NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } });
    const address = 'aws_api_gateway_rest_api.x';
    expect(findings(changed(address, null, api(others)))).toEqual([]);
    expect(findings(changed(address, api(others), api()))).toHaveLength(1);
    const useless = [
      deny({ NotIpAddress: { 'aws:SourceIp': ['0.0.0.0/0'] } }),
      deny({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' }, StringEquals: { 'aws:UserAgent': 'x' } }),
      deny({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { Action: 'execute-api:ManageConnections' }),
      deny({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { Principal: { AWS: '111122223333' } }),
      deny({ NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, { Resource: 'execute-api:/live/GET/private' }),
      deny({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }),
      deny({ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } }),
    ];
    for (const each of useless) expect([each, findings(changed(address, null, api(each))).length]).toEqual([each, 1]);
  });

  test('a REST API that loses its policy, without which everybody is let in', () => {
    const closed = { policy: policy({ ...open, Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }) };
    const said = [['refused', 'loses its `policy`: without one a REST API lets everybody in']];
    expect(findings(changed('aws_api_gateway_rest_api_policy.x', closed, null))).toEqual(said);
    expect(findings(changed('aws_api_gateway_rest_api.x', closed, { policy: '' }))).toEqual(said);
    expect(findings(changed('aws_api_gateway_rest_api.x', closed, null))).toEqual([]);
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
    const github = 'token.actions.githubusercontent.com';
    const trust = (Condition?: Values, provider = github) =>
      findings(
        changed('aws_iam_role.deploy', null, {
          assume_role_policy: policy({
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::111122223333:oidc-provider/${provider}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition,
          }),
        }),
      );
    const audience = { [`${github}:aud`]: 'sts.amazonaws.com' };
    expect(trust()).toHaveLength(1);
    expect(trust({ StringEquals: audience })).toHaveLength(1);
    expect(trust({ StringEquals: audience, StringLike: { [`${github}:sub`]: 'repo:*' } })).toHaveLength(1);
    expect(trust({ StringEquals: { ...audience, [`${github}:sub`]: 'repo:acme/search:pull_request' } })).toEqual([]);
    const like = (key: string, value: string, provider = github) =>
      trust({ StringLike: { [`${provider}:${key}`]: value } }, provider);
    for (const subject of ['r*', 'repo*', 'repo:acme*', 'repo:*/search:*', 'environment:production'])
      expect([subject, like('sub', subject).length]).toEqual([subject, 1]);
    for (const subject of ['repo:acme/*', 'repo:acme/search:*', 'repository_owner:acme:*', 'repository_owner:acme'])
      expect([subject, like('sub', subject)]).toEqual([subject, []]);
    expect(like('repository', 'acme*')).toHaveLength(1);
    // Others' subjects: a path, and an id in braces.
    expect(like('sub', 'org/4aa1/project/77bd/user/*', 'oidc.circleci.com/org/4aa1')).toEqual([]);
    expect(like('sub', 'org/*', 'oidc.circleci.com/org/4aa1')).toHaveLength(1);
    const braces = '{a1b2c3d4-1111-2222-3333-444455556666}:*';
    expect(like('sub', braces, 'api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc')).toEqual([]);
    expect(like('repository', 'acme/*')).toEqual([]);
    expect(like('sub', 'project_path:acme*', 'gitlab.com')).toHaveLength(1);
    expect(like('sub', 'project_path:acme/*', 'gitlab.com')).toEqual([]);
    expect(like('sub', 'organization:*', 'app.terraform.io')).toHaveLength(1);
    expect(like('sub', 'organization:acme:*', 'app.terraform.io')).toEqual([]);
  });

  test('what is open before stays no news; the same statement let to more actions is', () => {
    const before = { policy: policy(open), queue_url: 'q' };
    expect(findings(changed('aws_sqs_queue_policy.x', before, { ...before, id: 'q' }))).toEqual([]);
    const more = { ...before, policy: policy({ ...open, Action: 's3:*' }) };
    expect(findings(changed('aws_sqs_queue_policy.x', before, more))).toHaveLength(1);
    const part = { ...before, policy: policy({ ...open, Resource: 'arn:aws:s3:::b/public/*' }) };
    expect(findings(changed('aws_s3_bucket_policy.x', part, before))).toHaveLength(1);
    const both = (...actions: string[]) => ({ policy: policy({ ...open, Action: actions }) });
    expect(findings(changed('aws_s3_bucket_policy.x', both('s3:a', 's3:b'), both('s3:b', 's3:a')))).toEqual([]);
  });
});

describe('What was open before is news where it belongs to something else now', () => {
  const rule = { ip_protocol: 'tcp', from_port: 443, to_port: 443, cidr_ipv4: '0.0.0.0/0' };
  const cases: [string, string, Values][] = [
    ['aws_vpc_security_group_ingress_rule.x', 'security_group_id', rule],
    ['aws_lambda_permission.x', 'function_name', { principal: '*' }],
    ['aws_lambda_function_url.x', 'function_name', { authorization_type: 'NONE' }],
    ['aws_lambda_function_url.x', 'qualifier', { authorization_type: 'NONE', function_name: 'f' }],
    ['aws_s3_bucket_acl.x', 'bucket', { acl: 'public-read' }],
    [
      'aws_sqs_queue_policy.x',
      'queue_url',
      { policy: policy({ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage' }) },
    ],
  ];

  test.each(cases)('%s by its %s', (address, owner, values) => {
    const of = (name: string) => ({ ...values, [owner]: name });
    expect(findings(changed(address, of('web'), of('db'), { replacePaths: [[owner]] }))).toEqual([
      ['refused', expect.any(String)],
    ]);
    // Replaced for another reason, it opens what it opened.
    const renamed = { ...of('web'), description: 'new' };
    expect(findings(changed(address, of('web'), renamed, { replacePaths: [['description']] }))).toEqual([]);
  });

  test('and where only the apply tells what that is, unless the plan makes the same anew', () => {
    const address = 'module.a.aws_vpc_security_group_ingress_rule.x';
    const unknown = { afterUnknown: { security_group_id: true }, replacePaths: [['security_group_id']] };
    const moved = changed(address, { ...rule, security_group_id: 'sg-web' }, rule, unknown);
    const group = (place: string, name: string) =>
      changed(
        `${place}.aws_security_group.${name}`,
        { id: `sg-${name.slice(0, 3)}`, description: 'old' },
        { description: 'new' },
        { afterUnknown: { id: true }, replacePaths: [['description']] },
      );
    const judged = (
      references = ['aws_security_group.web.id', 'aws_security_group.web'],
      changes = [group('module.a', 'web'), group('module.a', 'db')],
    ) => {
      const resources = [
        { address: 'aws_vpc_security_group_ingress_rule.x', expressions: { security_group_id: { references } } },
      ];
      const configuration = { root_module: { module_calls: { a: { module: { resources } } } } };
      return judge([planOf('some', [moved, ...changes], { configuration })]).findings;
    };
    expect(judged()).toEqual([]);
    expect(judged(['aws_security_group.db.id', 'aws_security_group.db'])).toHaveLength(1);
    // One of several, as `for_each` has it, and a module's.
    const several = [group('module.a', 'web["a"]'), group('module.a', 'db["a"]')];
    expect(judged(['aws_security_group.web', 'each.key'], several)).toEqual([]);
    expect(judged(['aws_security_group.db', 'each.key'], several)).toHaveLength(1);
    const groups = ['module.groups.web', 'module.groups'];
    expect(judged(groups, [group('module.a.module.groups', 'web')])).toEqual([]);
    expect(judged(groups, [group('module.a.module.others', 'web')])).toHaveLength(1);
    // A role’s own ARN is another one when it is replaced, and says nothing.
    const open = { assume_role_policy: policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }) };
    const role = changed(
      'aws_iam_role.x',
      { ...open, arn: 'arn:old', name: 'a' },
      { ...open, name: 'b' },
      {
        afterUnknown: { arn: true },
        replacePaths: [['name']],
      },
    );
    const configuration = { root_module: { resources: [{ address: 'aws_iam_role.x', expressions: { name: {} } }] } };
    expect(judge([planOf('some', [role], { configuration })]).findings).toEqual([]);
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

describe('In modules, a policy that is only known after the apply', () => {
  const topic = changed(
    'module.alarms["a.b"].module.topics[0].aws_sns_topic.t',
    null,
    {},
    {
      afterUnknown: { policy: true },
    },
  );
  const configuration = (expressions: Values) => ({
    configuration: {
      root_module: {
        module_calls: {
          alarms: {
            module: {
              module_calls: { topics: { module: { resources: [{ address: 'aws_sns_topic.t', expressions }] } } },
            },
          },
        },
      },
    },
  });

  test('is no matter where nobody configured one, and refused where somebody did', () => {
    expect(judge([planOf('some', [topic], configuration({ name: {} }))]).findings).toEqual([]);
    expect(judge([planOf('some', [topic], configuration({ policy: {} }))]).passes).toBe(false);
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

test('A change that stops the host, and starts it again, is told', () => {
  const stopped = [['warning', 'is stopped for the change and started again: the host is away meanwhile']];
  const host = 'aws_instance.host';
  expect(findings(changed(host, { instance_type: 't4g.medium' }, { instance_type: 't4g.large' }))).toEqual(stopped);
  expect(findings(changed(host, { user_data_base64: 'a' }, { user_data_base64: 'b' }))).toEqual(stopped);
  expect(findings(changed(host, { tags: { a: 'a' } }, { tags: { a: 'b' } }))).toEqual([]);
  const replaced = { replacePaths: [['ami']] };
  const both = changed(host, { instance_type: 'a', ami: 'a' }, { instance_type: 'b', ami: 'b' }, replaced);
  expect(findings(both)).toEqual([['warning', 'is replaced: the host is away while a new one starts']]);
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
