import { BudgetsBudget } from '@cdktf/provider-aws/lib/budgets-budget';
import { Construct } from 'constructs';

export interface MonthlyBudgetProps {
  /** The budget's name, unique in the account. */
  readonly budgetName: string;
  /** US dollars a month, taxes and credits among them. */
  readonly amount: number;
  /** The e-mail address that is told. Nobody has to confirm it. */
  readonly email: string;
  /**
   * What is counted: costs with this tag. It has to be made a cost allocation tag in the account's billing, or nothing is counted.
   * Whether it is given is fixed at synth. @default the whole account
   */
  readonly tag?: { readonly key: string; readonly value: string };
}

/**
 * Tells when a month has cost four fifths of an amount, when it has cost all of it, and when it will as far as AWS can tell. It
 * looks a few times a day and costs nothing.
 *
 * @see https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, { budgetName, amount, email, tag }: MonthlyBudgetProps) {
    super(scope, id);
    const told = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notificationType,
      threshold,
      thresholdType: 'PERCENTAGE',
      comparisonOperator: 'GREATER_THAN',
      subscriberEmailAddresses: [email],
    });
    new BudgetsBudget(this, 'budget', {
      name: budgetName,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      limitAmount: `${amount}`,
      limitUnit: 'USD',
      // AWS writes a tag and its value as one.
      costFilter: tag && [{ name: 'TagKeyValue', values: [`user:${tag.key}$${tag.value}`] }],
      notification: [told('ACTUAL', 80), told('ACTUAL', 100), told('FORECASTED', 100)],
    });
  }
}
