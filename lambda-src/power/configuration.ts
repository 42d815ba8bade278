import type { Policy } from './decision';

/** What differs between deployments, read once from the function's environment. */
export interface Configuration {
  /** The deployment: what the hosts' tag `searchgate:name` says. */
  readonly name: string;
  /** The bucket and key of the state document. */
  readonly bucket: string;
  readonly key: string;
  /** The forwarders' log groups. */
  readonly logGroups: readonly string[];
  /** Below it each node has its parameters, such as `/searchgate/hosts`. */
  readonly hostParameters: string;
  readonly policy: Policy;
}

/** @throws an Error that names every variable that is missing or wrong, all at once. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const mistakes: string[] = [];
  const value = (name: string, allowed: RegExp) => {
    const text = environment[name] ?? '';
    if (!allowed.test(text)) mistakes.push(`${name} is ${text === '' ? 'missing' : `not valid: ${text}`}`);
    return text;
  };
  const whole = (name: string) => Number(value(name, /^\d{1,6}$/));
  const configuration = {
    name: value('NAME', /./),
    bucket: value('STATE_BUCKET', /./),
    key: value('STATE_KEY', /./),
    logGroups: value('LOG_GROUPS', /^[^,]+(,[^,]+)*$/).split(','),
    hostParameters: value('HOST_PARAMETERS', /^\//),
    policy: {
      idleStop: value('IDLE_STOP', /^(?:true|false)$/) === 'true',
      idle: whole('IDLE_MINUTES') * 60_000,
      grace: whole('GRACE_MINUTES') * 60_000,
      wakesPerDay: whole('WAKES_PER_DAY'),
      runningPerMonth: environment.MONTHLY_HOURS === undefined ? undefined : whole('MONTHLY_HOURS') * 3_600_000,
    },
  };
  if (mistakes.length > 0) throw new Error(`The power function's environment is wrong. ${mistakes.join('; ')}`);
  return configuration;
}
