import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { Instance } from '@cdktf/provider-aws/lib/instance';
import { VolumeAttachment } from '@cdktf/provider-aws/lib/volume-attachment';
import { type Block, expression, synthesized } from '../synthesized';

const stack = synthesized().stack('host');
const instance = stack.only('aws_instance');
const output = (from: string, name: string) =>
  expression(`data.terraform_remote_state.cross_stack_reference_input_${from}.outputs.cross_stack_output_${name}`);

describe('the host', () => {
  test('is one ARM machine with the newest Amazon Linux 2023, which is looked up and then left alone', () => {
    expect(stack.json).toHaveResourceWithProperties(Instance, {
      instance_type: 't4g.medium',
      ami: expression('data.aws_ssm_parameter.node_0_newest_image.insecure_value'),
    });
    expect(stack.json).toHaveDataSourceWithProperties(DataAwsSsmParameter, {
      name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
    });
    expect(instance.lifecycle.ignore_changes).toContain('ami');
  });

  test('has a pinned image where the settings name one, and is replaced when that changes', () => {
    const pinned = synthesized({ host: { ami: 'ami-0123456789abcdef0' } }).stack('host');
    expect(pinned.only('aws_instance').ami).toBe('ami-0123456789abcdef0');
    expect(pinned.only('aws_instance').lifecycle.ignore_changes).not.toContain('ami');
    expect(pinned.json).not.toHaveDataSource(DataAwsSsmParameter);
  });

  test('has a fixed address in the subnet of hosts of the first zone', () => {
    expect(instance.private_ip).toBe(expression('cidrhost(cidrsubnet("10.42.0.0/16", 4, 0), 10)'));
    expect(instance.subnet_id).toBe(output('network', 'aws_subnet_network_host_subnet_0_id'));
  });

  test('answers metadata requests with a session token only, and not through a proxy or container', () => {
    expect(instance.metadata_options).toEqual({
      http_endpoint: 'enabled',
      http_tokens: 'required',
      http_put_response_hop_limit: 1,
    });
  });

  test('has an encrypted root volume, which goes with it', () => {
    expect(instance.root_block_device).toMatchObject({
      encrypted: true,
      volume_size: 10,
      volume_type: 'gp3',
      delete_on_termination: true,
    });
    const rootVolume = { size: 30, type: 'io2', iops: 5000 };
    expect(synthesized({ host: { rootVolume } }).stack('host').only('aws_instance').root_block_device).toMatchObject({
      volume_size: 30,
      volume_type: 'io2',
      iops: 5000,
    });
  });

  test('takes its public address from the subnet: a plan against a host that sleeps, and has none, is empty', () => {
    expect(instance).not.toHaveProperty('associate_public_ip_address');
    expect(instance.lifecycle.ignore_changes).toContain('associate_public_ip_address');
    expect(synthesized().stack('network').at('aws_subnet.network_host_subnet_0').map_public_ip_on_launch).toBe(true);
    expect(Object.keys(stack.resources).filter((address) => /eip|network_interface/.test(address))).toEqual([]);
  });

  test('has no key pair, and the group that only forwarders reach', () => {
    expect(instance).toHaveProperty('vpc_security_group_ids');
    expect(instance).not.toHaveProperty('key_name');
    expect(instance.vpc_security_group_ids).toEqual([output('network', 'aws_security_group_security_groups_hosts_id')]);
    expect(Object.keys(stack.resources).filter((address) => /security_group|key_pair/.test(address))).toEqual([]);
  });

  test('is replaced when its user data changes, never beside the old one, whose address and volume it takes', () => {
    expect(instance.user_data_base64).toBe(expression('base64gzip(local.node_0_user_data_cloud_config)'));
    expect(instance.user_data_replace_on_change).toBe(true);
    expect(instance).not.toHaveProperty('user_data');
    expect(instance.lifecycle).not.toHaveProperty('create_before_destroy');
    expect(stack.json).not.toContain('create_before_destroy');
    expect(synthesized().stack('search').json).toContain('create_before_destroy'); // where it is wanted
  });

  test('has credits that a first boot can spend, where the type has any', () => {
    expect(instance.credit_specification).toEqual({ cpu_credits: 'unlimited' });
    const large = synthesized({ host: { instanceType: 'm7g.large' } })
      .stack('host')
      .only('aws_instance');
    expect(large.instance_type).toBe('m7g.large');
    expect(large).not.toHaveProperty('credit_specification');
  });

  test('is found by its tags', () => {
    expect(instance.tags).toEqual({ Name: 'searchgate-node-0', 'searchgate:node': 'node-0' });
  });
});

describe('the data volume', () => {
  test('is attached by itself, and the host is stopped before it is taken away', () => {
    expect(stack.json).toHaveResourceWithProperties(VolumeAttachment, {
      instance_id: expression('aws_instance.node_0_instance.id'),
      volume_id: output('storage', 'aws_ebs_volume_node_0_volume_id'),
      device_name: '/dev/sdf',
      stop_instance_before_detaching: true,
    });
    expect(Object.keys(stack.all('aws_volume_attachment'))).toHaveLength(1);
    expect(instance).not.toHaveProperty('ebs_block_device');
  });

  test('is what the user data waits for', () => {
    expect(stack.document.locals.node_0_user_data_cloud_config).toContain(
      `DATA_VOLUME_ID='${output('storage', 'aws_ebs_volume_node_0_volume_id')}'`,
    );
  });
});

describe('metrics', () => {
  const sending = (change: object) => {
    const statements: Block[] = JSON.parse(
      synthesized(change).stack('host').only('aws_iam_role_policy').policy,
    ).Statement;
    return statements.filter(({ Action }) =>
      [Action].flat().some((action) => String(action).startsWith('cloudwatch:')),
    );
  };

  test('are sent where somebody is told of an alarm, into the namespace of the deployment alone', () => {
    expect(sending({ alarms: { email: 'somebody@example.com' } })).toEqual([
      {
        Sid: 'SendMetrics',
        Effect: 'Allow',
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'Searchgate/searchgate' } },
      },
    ]);
  });

  test('may not be sent otherwise', () => {
    expect(sending({})).toEqual([]);
  });
});

describe('what the host may do', () => {
  const statements: Block[] = JSON.parse(stack.only('aws_iam_role_policy').policy).Statement;
  const list = (value: string | string[]) => [value].flat();
  /** The statements that allow an action, wildcards in it included. */
  const allowing = (action: string) =>
    statements.filter((statement) =>
      list(statement.Action).some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(action)),
    );
  const resources = (action: string) => allowing(action).flatMap(({ Resource }) => list(Resource));
  const parameter = (path: string) =>
    `arn:aws:ssm:us-east-1:${expression('data.aws_caller_identity.caller.account_id')}:parameter${path}`;

  test('is said by a role of its own: no managed policy, which would let it read every parameter of the account', () => {
    expect(Object.keys(stack.all('aws_iam_role'))).toHaveLength(1);
    expect(instance.iam_instance_profile).toBe(
      expression('aws_iam_instance_profile.node_0_identity_instance_profile.name'),
    );
    expect(stack.only('aws_iam_instance_profile').role).toBe(expression('aws_iam_role.node_0_identity_role.name'));
    expect(stack.only('aws_iam_role_policy').role).toBe(expression('aws_iam_role.node_0_identity_role.id'));
    expect(Object.keys(stack.resources).filter((address) => address.includes('attachment'))).toEqual([
      'aws_volume_attachment.node_0_data_volume',
    ]);
    expect(stack.json).not.toContain('AmazonSSMManagedInstanceCore');
    expect(JSON.parse(stack.only('aws_iam_role').assume_role_policy).Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });

  test.each(['ssm:GetParameter', 'ssm:GetParameters'])(
    '%s reaches certificates and secrets of this deployment, and the order for itself',
    (action) => {
      expect(resources(action)).toEqual([
        parameter('/searchgate/certificates/*'),
        parameter('/searchgate/secrets/*'),
        parameter('/searchgate/upgrade/node-0'),
      ]);
    },
  );

  test('it writes secrets and reports of its own, and no certificate', () => {
    expect(resources('ssm:PutParameter')).toEqual([
      parameter('/searchgate/secrets/*'),
      parameter('/searchgate/hosts/node-0/*'),
    ]);
  });

  test('Session Manager works: these alone are allowed on everything', () => {
    for (const action of ['ssm:UpdateInstanceInformation', 'ssmmessages:OpenDataChannel', 'ec2messages:GetMessages']) {
      expect(resources(action)).toEqual(['*']);
    }
    const everywhere = statements.filter(({ Resource }) => list(Resource).includes('*'));
    expect(everywhere.map(({ Sid }) => Sid)).toEqual(['SessionManager']);
  });

  test.each([
    ['ssm:GetParametersByPath'],
    ['ssm:DescribeParameters'],
    ['ssm:DeleteParameter'],
    ['ssm:SendCommand'],
    ['ec2:TerminateInstances'],
    ['s3:DeleteBucket'],
    ['s3:PutBucketPolicy'],
    ['iam:PassRole'],
    ['sts:AssumeRole'],
  ])('%s is not allowed', (action) => {
    expect(allowing(action)).toEqual([]);
  });

  test('snapshots go into the snapshot bucket alone', () => {
    const bucket = output('storage', 'aws_s3_bucket_snapshots_bucket_arn');
    expect(resources('s3:ListBucket')).toEqual([bucket]);
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
      expect(resources(action)).toEqual([`${bucket}/*`]);
    }
  });

  test('no action is a wildcard', () => {
    expect(statements.flatMap(({ Action }) => list(Action)).filter((action) => action.includes('*'))).toEqual([]);
  });
});
