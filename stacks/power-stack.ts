import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { Power, type PowerProps } from '../patterns/power';
import type { Settings } from '../settings';
import type { AccountStack } from './account-stack';
import type { NetworkStack } from './network-stack';
import { SearchgateStack } from './searchgate-stack';

export interface PowerStackProps {
  readonly account: AccountStack;
  readonly network: NetworkStack;
}

/** What lets the hosts sleep and wakes them. It can be taken away and put back while hosts and doors stay. */
export class PowerStack extends SearchgateStack {
  readonly power: Power;

  constructor(scope: Construct, id: string, settings: Settings, { account, network: { network } }: PowerStackProps) {
    super(scope, id, settings);
    this.power = new Power(this, 'Default', {
      ...settings.power,
      name: this.name,
      region: settings.region,
      services: settings.services.map(({ name }) => name),
      s3EndpointId: network.s3EndpointId,
      forwardersGroupId: network.forwardersGroupId,
      clock: clock(settings.power.schedule),
      monthlyHours: settings.alarms.monthlyHours,
      alarmTopicArn: account.alarmTopicArn,
    });
    new TerraformOutput(this, 'function-name', {
      value: this.power.functionName,
      description: 'The function that starts and stops the hosts',
    });
  }
}

/** The start and the stop of the settings' schedule, as EventBridge Scheduler has them. */
function clock(schedule: Settings['power']['schedule']): PowerProps['clock'] {
  return (['start', 'stop'] as const).flatMap((action) => {
    const time = schedule?.[action];
    if (schedule === undefined || time === undefined) return [];
    const [hour, minute] = time.split(':').map(Number);
    return [
      {
        action,
        expression: `cron(${minute} ${hour} ? * ${schedule.days.join(',')} *)`,
        timeZone: schedule.timeZone,
        description: `${action === 'start' ? 'Start' : 'Stop'} the hosts at ${time}`,
      },
    ];
  });
}
