import type { App } from 'cdktf';
import { Power } from '../patterns/power';
import { alarmTopic, region } from './inputs';
import { ModuleStack } from './module-stack';
import type { Shape } from './shape';

/** What lets the hosts sleep and wakes them. */
export class PowerModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(app, 'power', 'What lets the hosts sleep and wakes them. Can be left out of a deployment that is always on.');
    this.inputs.push(
      region,
      { name: 's3_endpoint_id', type: 'string', description: "The gateway endpoint for S3 of the forwarders' VPC" },
      { name: 'forwarders_group_id', type: 'string', description: 'The security group of the forwarders' },
      ...(shape.alarms ? [alarmTopic] : []),
    );
    this.setting('idle_stop', 'power.idleStop');
    this.setting('idle_minutes', 'power.idleMinutes');
    this.setting('grace_minutes', 'power.graceMinutes');
    this.setting('wakes_per_day', 'power.wakesPerDay');
    const power = new Power(this, 'Default', {
      name: this.name,
      region: this.text('var.region'),
      services: shape.services.map(({ name }) => name),
      s3EndpointId: this.text('var.s3_endpoint_id'),
      forwardersGroupId: this.text('var.forwarders_group_id'),
      idleStop: this.yesOrNo('var.idle_stop'),
      idleMinutes: this.number('var.idle_minutes'),
      graceMinutes: this.number('var.grace_minutes'),
      wakesPerDay: this.number('var.wakes_per_day'),
      alarmTopicArn: shape.alarms ? this.text('var.alarm_topic_arn') : undefined,
    });
    this.output('state_url', 'Where forwarders read whether the hosts sleep', power.stateUrl);
    this.output('function_arn', 'The function that starts and stops the hosts', power.functionArn);
    this.output('function_name', 'Its name', power.functionName);
  }
}
