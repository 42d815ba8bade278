import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';
import { acceptFindings, topicFindings } from './accepted-findings';

export interface AlarmTopicProps {
  /** The topic's name. */
  readonly topicName: string;
  /** The e-mail address that is told. AWS asks it once to confirm. */
  readonly email: string;
}

/** An SNS topic that alarms report to, with one e-mail address subscribed. */
export class AlarmTopic extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id);
    const topic = new SnsTopic(this, 'topic', { name: props.topicName });
    acceptFindings(topic, topicFindings);
    new SnsTopicSubscription(this, 'email', { topicArn: topic.arn, protocol: 'email', endpoint: props.email });
    this.arn = topic.arn;
  }
}
