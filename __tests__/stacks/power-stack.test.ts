import { filterPattern } from '../../local/power/filter-pattern';
import { expression, type SynthesizedStack, services, synthesized } from '../synthesized';

const deployment = synthesized();
const power = deployment.stack('power');

function schedules(stack: SynthesizedStack) {
  return Object.fromEntries(Object.values(stack.all('aws_scheduler_schedule')).map((block) => [block.name, block]));
}

describe('what switches the hosts', () => {
  const statements = JSON.parse(
    Object.values(power.all('aws_iam_role_policy')).find(({ name }) => name === 'power')?.policy,
  ).Statement as { Action: string | string[]; Resource: string | string[]; Condition?: object }[];
  const statement = (action: string) => {
    const found = statements.filter(({ Action }) => [Action].flat().includes(action));
    expect(found).toHaveLength(1);
    return found[0];
  };

  test('may start and stop what carries the tags of its own hosts, and nothing else', () => {
    for (const action of ['ec2:StartInstances', 'ec2:StopInstances']) {
      expect(statement(action)?.Condition).toEqual({
        StringEquals: { 'aws:ResourceTag/searchgate:name': 'searchgate' },
        Null: { 'aws:ResourceTag/searchgate:node': 'false' },
      });
    }
    const host = deployment.stack('host');
    expect(host.only('aws_instance').tags['searchgate:node']).toBe('node-0');
    expect(host.document.provider.aws[0].default_tags[0].tags['searchgate:name']).toBe('searchgate');
    const actions = statements.flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('ec2:'))).toEqual([
      'ec2:DescribeInstances',
      'ec2:StartInstances',
      'ec2:StopInstances',
    ]);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('lives outside the VPC, where the API of EC2 can be reached', () => {
    expect(power.only('aws_lambda_function')).toMatchObject({
      function_name: 'searchgate-power',
      runtime: 'nodejs24.x',
    });
    expect(power.only('aws_lambda_function')).not.toHaveProperty('vpc_config');
  });

  test('knows hosts by their tags and doors by their logs: it depends on neither stack', () => {
    expect(deployment.manifest.stacks.power?.dependencies).toEqual(['network']);
    expect(power.only('aws_lambda_function').environment.variables).toMatchObject({
      NAME: 'searchgate',
      LOG_GROUPS: '/aws/lambda/searchgate-search,/aws/lambda/searchgate-kibana',
      IDLE_MINUTES: '30',
      GRACE_MINUTES: '20',
    });
  });
});

describe('what forwarders read', () => {
  test('lies in a closed bucket that the endpoint of the VPC alone may read, and only the document', () => {
    const { Statement } = JSON.parse(power.only('aws_s3_bucket_policy').policy);
    const allowed = Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');
    expect(allowed).toEqual([
      {
        Sid: 'ForwardersReadState',
        Effect: 'Allow',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `${expression('aws_s3_bucket.state_bucket.arn')}/state.json`,
        Condition: { StringEquals: { 'aws:SourceVpce': expect.stringContaining('s3_endpoint') } },
      },
    ]);
    expect(power.only('aws_s3_bucket_public_access_block')).toMatchObject({
      block_public_policy: true,
      restrict_public_buckets: true,
    });
  });

  test('is all that they may reach beside their hosts', () => {
    expect(power.only('aws_vpc_security_group_egress_rule')).toMatchObject({
      from_port: 443,
      to_port: 443,
      prefix_list_id: expression('data.aws_ec2_managed_prefix_list.s3_addresses.id'),
    });
  });
});

describe('the clock', () => {
  test('looks every ten minutes, and keeps every forwarder from turning inactive', () => {
    const all = schedules(power);
    expect(Object.keys(all).sort()).toEqual([
      'searchgate-power-schedules-check',
      'searchgate-power-schedules-ping-kibana',
      'searchgate-power-schedules-ping-search',
    ]);
    expect(all['searchgate-power-schedules-check']).toMatchObject({
      schedule_expression: 'rate(10 minutes)',
      target: { input: '{"action":"check"}' },
    });
    expect(all['searchgate-power-schedules-ping-search']).toMatchObject({
      schedule_expression: 'rate(1 day)',
      target: { input: '{"ping":true}', arn: expect.stringMatching(/:function:searchgate-search$/) },
    });
  });

  test('starts and stops by the clock of a time zone', () => {
    const schedule = { timeZone: 'Europe/Berlin', days: ['MON', 'TUE'], start: '08:05', stop: '18:30' };
    const all = schedules(synthesized({ power: { schedule } }).stack('power'));
    expect(all['searchgate-power-schedules-start']).toMatchObject({
      schedule_expression: 'cron(5 8 ? * MON,TUE *)',
      schedule_expression_timezone: 'Europe/Berlin',
      target: { input: '{"action":"start"}' },
    });
    expect(all['searchgate-power-schedules-stop']).toMatchObject({
      schedule_expression: 'cron(30 18 ? * MON,TUE *)',
      target: { input: '{"action":"stop"}' },
    });
  });
});

describe('a door', () => {
  test('hands on the lines that ask for a wake, and those only, to a function that lets it', () => {
    for (const [index, service] of ['search', 'kibana'].entries()) {
      expect(deployment.stack(service).only('aws_cloudwatch_log_subscription_filter')).toMatchObject({
        filter_pattern: '{ ($.event = "origin_unreachable") && ($.wake IS TRUE) }',
        destination_arn: expect.stringContaining('cross_stack_reference_input_power'),
      });
      expect(power.at(`aws_lambda_permission.function_log_group_${index}`)).toMatchObject({
        principal: 'logs.amazonaws.com',
        source_arn: expect.stringMatching(new RegExp(`:log-group:/aws/lambda/searchgate-${service}:\\*$`)),
      });
    }
  });

  test("wakes by any request, Kibana's by a navigation, one with wake: false never", () => {
    const variables = (stack: SynthesizedStack) => stack.only('aws_lambda_function').environment.variables;
    expect(variables(deployment.stack('search')).WAKE).toBe('requests');
    expect(variables(deployment.stack('kibana')).WAKE).toBe('navigations');
    const closed = synthesized(services({ search: { wake: false } })).stack('search');
    expect(variables(closed).WAKE).toBe('never');
    expect(closed.all('aws_cloudwatch_log_subscription_filter')).toEqual({});
  });

  test('knows a token by its hash', () => {
    const hash = 'ab'.repeat(32);
    const { search } = synthesized({ power: { wakeTokenHash: hash } }).stacks;
    expect(search?.only('aws_lambda_function').environment.variables.WAKE_TOKEN_HASH).toBe(hash);
  });
});

test('somebody is told when a host cannot be switched, where there is an address', () => {
  expect(power.all('aws_cloudwatch_metric_alarm')).toEqual({});
  const told = synthesized({ alarms: { email: 'somebody@example.com' } }).stack('power');
  expect(told.only('aws_cloudwatch_log_metric_filter').pattern).toBe('{ $.level = "ERROR" }');
  expect(told.only('aws_cloudwatch_metric_alarm').alarm_actions).toHaveLength(1);
});

test('it can be left out, and then nothing of it is anywhere', () => {
  const without = synthesized({ power: { enabled: false } });
  expect(Object.keys(without.stacks)).not.toContain('power');
  for (const service of ['search', 'kibana']) {
    expect(without.stack(service).all('aws_cloudwatch_log_subscription_filter')).toEqual({});
    expect(without.stack(service).json).not.toContain('POWER_STATE_URL');
  }
});

describe('the hours of a month', () => {
  const stack = (alarms: object) => synthesized({ alarms }).stack('power');
  const email = 'somebody@example.com';

  test('are watched by the power function, whose line raises an alarm of its own', () => {
    const watched = stack({ email, monthlyHours: 150 });
    expect(watched.only('aws_lambda_function').environment.variables.MONTHLY_HOURS).toBe('150');
    const filter = Object.values(watched.all('aws_cloudwatch_log_metric_filter')).find(
      ({ name }) => name === 'RunningHoursExceeded',
    );
    expect(filterPattern(String(filter?.pattern))('{"level":"WARN","event":"running_hours_exceeded"}')).toBe(true);
    expect(filterPattern(String(filter?.pattern))('{"level":"ERROR","event":"start_failed"}')).toBe(false);
    const names = Object.values(watched.all('aws_cloudwatch_metric_alarm')).map(({ alarm_name }) => alarm_name);
    expect(names.sort()).toEqual(['searchgate-power', 'searchgate-running-hours']);
  });

  test('are not watched unless that is asked for', () => {
    const unwatched = stack({ email });
    expect(unwatched.only('aws_lambda_function').environment.variables).not.toHaveProperty('MONTHLY_HOURS');
    expect(Object.keys(unwatched.all('aws_cloudwatch_metric_alarm'))).toHaveLength(1);
  });
});
