import { type Input, inputForSetting } from './input';
import type { Shape } from './shape';

/** Inputs that several modules have. */
export const region = inputForSetting('region', 'region', {
  description: "The provider's region: it stands in names and ARNs",
});

export const alarmTopic: Input = {
  name: 'alarm_topic_arn',
  type: 'string',
  description: 'ARN of the SNS topic that is told when something is in trouble',
};

export function servicePorts({ services }: Shape): Input {
  const width = Math.max(...services.map(({ name }) => name.length));
  const attributes = services.map(({ name, port }) => `  ${name.padEnd(width)} = optional(number, ${port})\n`);
  return {
    name: 'ports',
    type: `object({\n${attributes.join('')}})`,
    description: 'The TCP port of each service on the hosts',
    byDefault: {},
    attributes: Object.fromEntries(services.map(({ name, port }) => [name, port])),
  };
}

/** Adds the availability zones; returns the expression for each. */
export function zones(inputs: Input[], { zones: count }: Shape): string[] {
  inputs.push({
    ...inputForSetting('zones', 'network.zones'),
    validations: [lengthOf('zones', count)],
  });
  return Array.from({ length: count }, (_, index) => `var.zones[${index}]`);
}

export function lengthOf(name: string, count: number) {
  return {
    condition: `length(var.${name}) == ${count}`,
    message: `${name} has \${length(var.${name})} entries; this module is made for ${count}.`,
  };
}
