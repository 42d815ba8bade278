import { CloudwatchLogSubscriptionFilter } from '@cdktf/provider-aws/lib/cloudwatch-log-subscription-filter';
import { Construct } from 'constructs';

export interface WakeSubscriptionProps {
  /** The forwarder's log group. */
  readonly logGroupName: string;
  /** The power function, which lets the log group invoke it. */
  readonly functionArn: string;
}

/** The only lines that matter: exact fields of JSON, which no URL or header of a client can imitate. */
export const wakePattern = '{ ($.event = "origin_unreachable") && ($.wake IS TRUE) }';

/**
 * Hands the lines in which a forwarder says that a request may wake the host to the power function.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export class WakeSubscription extends Construct {
  constructor(scope: Construct, id: string, props: WakeSubscriptionProps) {
    super(scope, id);
    new CloudwatchLogSubscriptionFilter(this, 'filter', {
      name: 'wake',
      logGroupName: props.logGroupName,
      filterPattern: wakePattern,
      destinationArn: props.functionArn,
    });
  }
}
