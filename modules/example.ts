import { topicFindings } from '../constructs/accepted-findings';
import type { Settings } from '../settings';
import { checkovComments } from './cdktf-blocks';
import { Bare, type Block, type Value } from './hcl';
import type { Input } from './input';
import type { ModuleStack } from './module-stack';
import { versionsBlock } from './required-providers';
import type { Shape } from './shape';

/** Where an input's value comes from, in a configuration that calls all modules. */
function wiring(settings: Settings): Record<string, Value> {
  const kibana = settings.services.find(({ origin }) => origin === 'kibana')?.name ?? '';
  const output = (module: string, name: string) => new Bare(`module.${module}.${name}`);
  return {
    node_addresses: output('network', 'node_addresses'),
    host_subnet_ids: output('network', 'host_subnet_ids'),
    forwarder_subnet_ids: output('network', 'forwarder_subnet_ids'),
    s3_endpoint_id: output('network', 's3_endpoint_id'),
    hosts_group_id: output('network', 'hosts_group_id'),
    forwarders_group_id: output('network', 'forwarders_group_id'),
    data_volume_ids: output('storage', 'data_volume_ids'),
    snapshot_bucket: output('storage', 'snapshot_bucket'),
    state_url: output('power', 'state_url'),
    power_function_arn: output('power', 'function_arn'),
    kibana_url: output(kibana, 'url'),
    alarm_topic_arn: new Bare('aws_sns_topic.alarms.arn'),
  };
}

/** The values that settings give to inputs, as far as they differ from the inputs' own defaults. */
function values(settings: Settings): Record<string, Value> {
  const { host, power, elastic, network } = settings;
  return {
    name: settings.name,
    tags: settings.tags,
    region: new Bare('local.region'),
    cidr: network.cidr,
    zones: new Bare('local.zones'),
    ports: Object.fromEntries(settings.services.map(({ name, port }) => [name, port])),
    data_volume: volume(host.dataVolume),
    root_volume: volume(host.rootVolume),
    instance_type: host.instanceType,
    cpu_credits: host.cpuCredits ?? null,
    elastic_version: elastic.version,
    ami: host.ami,
    idle_stop: power.idleStop,
    idle_minutes: power.idleMinutes,
    grace_minutes: power.graceMinutes,
    wakes_per_day: power.wakesPerDay,
  };
}

function volume({ size, type, iops, throughput }: Settings['host']['dataVolume']): Value {
  return { size, type, iops, throughput };
}

/** What a service's settings give to its door. */
function doorValues(service: Settings['services'][number], { domain, power }: Settings): Record<string, Value> {
  const kibana = service.origin === 'kibana';
  return {
    service: service.name,
    domain: domain.name,
    existing_zone: domain.zoneId === undefined ? undefined : { id: domain.zoneId },
    subdomain: service.subdomain === service.name ? undefined : service.subdomain,
    port: service.port,
    allowed_cidrs: service.allowedCidrs,
    require_authorization: service.requireAuthorization,
    allow_preflight: service.allowPreflight,
    throttle: { ...service.throttle },
    timeout: service.timeout,
    memory: service.memory,
    reserved_concurrency: service.reservedConcurrency,
    debug: service.debug,
    log_retention: service.logRetention,
    wake: service.wake ? (kibana ? 'navigations' : 'requests') : 'never',
    use_needs_credentials: kibana || service.requireAuthorization,
    wake_token_hash: power.wakeTokenHash,
    hold_seconds: power.holdSeconds,
  };
}

/** A value, or what of an object is not the default anyway. */
function unlessDefault({ byDefault, attributes }: Input, value: Value): Value {
  const same = (one: Value, other: Value) => JSON.stringify(one) === JSON.stringify(other);
  if (value === undefined || same(value, byDefault)) return undefined;
  if (attributes === undefined || value === null) return value;
  const own = Object.entries(value).filter(([key, each]) => each !== undefined && !same(each, attributes[key]));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** A configuration that makes of the modules what the settings describe. */
export function exampleBlocks(settings: Settings, shape: Shape, stacks: readonly ModuleStack[]): Block[] {
  const call = (name: string, stack: ModuleStack, given: Record<string, Value>): Block => ({
    header: ['module', name],
    arguments: {
      source: `../${stack.path}`,
      ...Object.fromEntries(
        stack.inputs.flatMap((input) => {
          const value = unlessDefault(input, given[input.name]);
          return value === undefined ? [] : [[input.name, value]];
        }),
      ),
    },
  });
  const all = { ...wiring(settings), ...values(settings) };
  const calls = stacks
    .filter(({ path }) => !path.includes('/'))
    .flatMap((stack) =>
      stack.path === 'gateway'
        ? settings.services.map((service) => {
            const door = call(service.name, stack, { ...all, ...doorValues(service, settings) });
            // A forwarder gets the authority's certificate from its parameter, which has to be there.
            return { ...door, arguments: { ...door.arguments, depends_on: [new Bare('module.certificates')] } };
          })
        : [call(stack.path, stack, all)],
    );
  const versions = versionsBlock(['aws']);
  const topic: Block = {
    header: ['resource', 'aws_sns_topic', 'alarms'],
    comments: checkovComments(topicFindings),
    arguments: { name: `${settings.name}-alarms` },
  };
  return [
    versions,
    { header: ['locals'], arguments: { region: settings.region, zones: settings.network.zones } },
    { header: ['provider', 'aws'], arguments: { region: new Bare('local.region') } },
    ...(shape.alarms ? [topic] : []),
    ...calls,
    ...settings.services.map(
      ({ name }): Block => ({
        header: ['output', `${name.replaceAll('-', '_')}_url`],
        arguments: { description: `Where ${name} is`, value: new Bare(`module.${name}.url`) },
      }),
    ),
  ];
}

export function exampleReadme({ name, account, domain }: Settings): string {
  const logging = account.apiGatewayLoggingRole
    ? 'API Gateway writes access logs with a role that an account has once per region (`aws_api_gateway_account`). It is not part of this\nexample, since others share it: have one before.\n\n'
    : '';
  return `# Example

All modules wired into one deployment, \`${name}\`, with the settings that they were written from. It needs a public hosted zone for
\`${domain.name}\`.

    terraform init
    terraform plan
    terraform apply

${logging}For more than a trial give it a backend, and call \`certificates\` from a configuration of its own: its state holds private keys, and
others need nothing of it but the parameter's name.

What is there already is passed in: \`existing_vpc\` of \`network\`, \`existing_snapshot_bucket\` of \`storage\`,
\`existing_zone\` and \`existing_certificate\` of \`gateway\`. Each is an object, so its attributes may come from resources beside it.
`;
}

/** The values that an input has in the example, where it is not another module's output. */
export function exampleValue(input: string, settings: Settings): Value {
  const all: Record<string, Value> = {
    ...values(settings),
    ...(settings.services[0] && doorValues(settings.services[0], settings)),
    region: settings.region,
    zones: settings.network.zones,
  };
  return all[input];
}
