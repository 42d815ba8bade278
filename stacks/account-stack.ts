import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { AlarmTopic } from '../constructs/alarm-topic';
import { ApiGatewayLogging } from '../constructs/api-gateway-logging';
import { MonthlyBudget } from '../constructs/monthly-budget';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** What there is once in an account and region. Others may share it, so it stays when the rest goes. */
export class AccountStack extends SearchgateStack {
  /** ARN of the topic for alarms; undefined without an e-mail address. */
  readonly alarmTopicArn: string | undefined;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    if (settings.account.apiGatewayLoggingRole) {
      new ApiGatewayLogging(this, 'api-gateway-logging', {
        roleName: `${this.name}-api-gateway-logging-${settings.region}`,
      });
    }
    const { email, monthlyBudget, budgetFor } = settings.alarms;
    if (email !== undefined) {
      const topic = new AlarmTopic(this, 'alarms', { topicName: `${this.name}-alarms`, email });
      this.alarmTopicArn = topic.arn;
      new TerraformOutput(this, 'alarm-topic-arn', { value: topic.arn, description: 'Where alarms go' });
    }
    if (email !== undefined && monthlyBudget !== undefined) {
      new MonthlyBudget(this, 'budget', {
        // Budgets have no region.
        budgetName: `${this.name}-${settings.region}`,
        amount: monthlyBudget,
        email,
        tag: budgetFor === 'deployment' ? { key: 'searchgate:name', value: this.name } : undefined,
      });
    }
  }
}
