import { readFileSync } from 'node:fs';
import { ApiGatewayAccount } from '@cdktf/provider-aws/lib/api-gateway-account';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { expression, synthesized } from '../synthesized';

const email = 'somebody@example.com';

describe('the role with which API Gateway writes logs', () => {
  const stack = synthesized().stack('account');

  test('is set for the account, may write logs and nothing else, and is taken by API Gateway alone', () => {
    expect(stack.json).toHaveResourceWithProperties(ApiGatewayAccount, {
      cloudwatch_role_arn: expression('aws_iam_role.api_gateway_logging_role.arn'),
    });
    expect(stack.only('aws_iam_role_policy_attachment').policy_arn).toBe(
      'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
    );
    const [statement, ...further] = JSON.parse(stack.only('aws_iam_role').assume_role_policy).Statement;
    expect(statement.Principal).toEqual({ Service: 'apigateway.amazonaws.com' });
    expect(further).toEqual([]);
  });

  test('stays when the rest goes, since other APIs of the account use it', () => {
    expect(stack.json).toHaveResource(IamRole);
    for (const block of Object.values(stack.resources)) expect(block.lifecycle).toEqual({ prevent_destroy: true });
  });

  test("is made in the services' region", () => {
    const zones = ['eu-central-1a', 'eu-central-1b'];
    const elsewhere = synthesized({ region: 'eu-central-1', network: { zones } }).stack('account');
    expect(elsewhere.document.provider.aws[0].region).toBe('eu-central-1');
    expect(elsewhere.only('aws_iam_role').name).toBe('searchgate-api-gateway-logging-eu-central-1');
  });

  test('can be left to whoever has set it already', () => {
    const without = synthesized({ account: { apiGatewayLoggingRole: false } }).stack('account');
    expect(without.json).not.toHaveResource(ApiGatewayAccount);
    expect(without.resources).toEqual({});
  });
});

describe('alarms', () => {
  test('go to the e-mail address of the settings', () => {
    const stack = synthesized({ alarms: { email } }).stack('account');
    expect(stack.json).toHaveResourceWithProperties(SnsTopicSubscription, {
      protocol: 'email',
      endpoint: email,
      topic_arn: expression('aws_sns_topic.alarms_topic.arn'),
    });
    expect(stack.json).toHaveResource(SnsTopic);
  });

  test('are not there without one', () => {
    expect(synthesized().stack('account').json).not.toHaveResource(SnsTopic);
    expect(synthesized().stack('host').all('aws_cloudwatch_metric_alarm')).toEqual({});
  });

  test('tell of a host that fails its checks or says that it is in trouble, and of spent credits only where credits can be spent', () => {
    const alarms = (host: object) =>
      Object.values(synthesized({ alarms: { email }, host }).stack('host').all('aws_cloudwatch_metric_alarm'));
    const metrics = (host: object) => alarms(host).map(({ metric_name }) => metric_name);
    const always = ['AwakeSecondsSinceSnapshot', 'DataVolumeUsedPercent', 'StatusCheckFailed', 'Troubles'];
    expect(metrics({}).sort()).toEqual(always);
    expect(metrics({ cpuCredits: 'standard' }).sort()).toEqual([
      'AwakeSecondsSinceSnapshot',
      'CPUCreditBalance',
      ...always.slice(1),
    ]);
    expect(metrics({ instanceType: 'm7g.large' }).sort()).toEqual(always);
    for (const alarm of alarms({ cpuCredits: 'standard' })) {
      expect(alarm).toMatchObject({ treat_missing_data: 'notBreaching' }); // it may sleep
      expect(alarm.alarm_actions).toEqual(alarm.ok_actions);
      expect(alarm.alarm_actions[0]).toContain('terraform_remote_state.cross_stack_reference_input_account');
    }
  });

  test('watch the very metrics that the host sends, ten minutes of which always have one, and of no other host', () => {
    const stack = synthesized({ alarms: { email } }).stack('host');
    const ofHost = Object.values(stack.all('aws_cloudwatch_metric_alarm')).filter(
      ({ namespace }) => namespace === 'Searchgate/searchgate',
    );
    const script = readFileSync('cloud-init/files/usr/local/lib/searchgate/status', 'utf8');
    const sent = [...script.matchAll(/\bmetric (\w+) "/g)].map(([, name]) => name);
    expect(ofHost.map(({ metric_name }) => metric_name).sort()).toEqual(sent.sort());
    for (const alarm of ofHost)
      expect(alarm).toMatchObject({ dimensions: { Node: 'node-0' }, period: 600, evaluation_periods: 1 });
    expect(ofHost.find(({ metric_name }) => metric_name === 'DataVolumeUsedPercent')).toMatchObject({
      threshold: 75,
      comparison_operator: 'GreaterThanOrEqualToThreshold',
    });
    expect(stack.document.locals.node_0_user_data_cloud_config).toContain("ALARMS='true'");
    expect(synthesized().stack('host').document.locals.node_0_user_data_cloud_config).toContain("ALARMS='false'");
  });
});

describe('a budget', () => {
  const budget = (alarms: object) => synthesized({ alarms: { email, ...alarms } }).stack('account');

  test('tells by e-mail at four fifths, at all, and of what is foreseen, for the whole account', () => {
    const { notification, ...rest } = budget({ monthlyBudget: 15 }).only('aws_budgets_budget');
    expect(rest).toMatchObject({
      name: 'searchgate-us-east-1',
      budget_type: 'COST',
      time_unit: 'MONTHLY',
      limit_amount: '15',
      limit_unit: 'USD',
    });
    expect(rest).not.toHaveProperty('cost_filter');
    expect(notification.map((each: Record<string, unknown>) => [each.notification_type, each.threshold])).toEqual([
      ['ACTUAL', 80],
      ['ACTUAL', 100],
      ['FORECASTED', 100],
    ]);
    for (const each of notification) expect(each.subscriber_email_addresses).toEqual([email]);
  });

  test('counts the tag of the deployment alone, where it is asked to', () => {
    expect(budget({ monthlyBudget: 15, budgetFor: 'deployment' }).only('aws_budgets_budget').cost_filter).toEqual([
      { name: 'TagKeyValue', values: ['user:searchgate:name$searchgate'] },
    ]);
  });

  test('is not there unless it is asked for', () => {
    expect(budget({}).all('aws_budgets_budget')).toEqual({});
  });
});
