import type { Settings } from '../settings';
import { exampleValue } from './example';
import { Bare, type Block, type Value } from './hcl';
import type { Input } from './input';
import type { ModuleStack } from './module-stack';
import type { ProviderName } from './required-providers';
import { elsewhere, existing, ids } from './test-inputs';

/** What holds for whoever calls a module, each as a condition and what it means where it does not hold. */
const promises: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  network: [
    ['length(distinct(output.node_addresses)) == length(output.node_addresses)', 'Two nodes have the same address'],
  ],
  certificates: [
    ['aws_ssm_parameter.server_node_0_key_parameter.type == "SecureString"', 'A private key lies in plain sight'],
    ['startswith(output.authority_parameter, "/${var.name}/")', 'The authority is not where forwarders look for it'],
  ],
  storage: [
    [
      'aws_ebs_volume.node_0_volume.encrypted && aws_ebs_volume.node_0_volume.final_snapshot',
      'Data is not encrypted, or gone with its volume',
    ],
  ],
  host: [
    [
      'aws_instance.node_0_instance.private_ip == var.node_addresses[0]',
      'The host is not where forwarders look for it',
    ],
    ['aws_instance.node_0_instance.metadata_options[0].http_tokens == "required"', 'Credentials can be had by IMDSv1'],
  ],
  gateway: [
    ['aws_api_gateway_rest_api.gateway_api.disable_execute_api_endpoint', 'There is a way around the host name'],
    [
      'output.url == "https://${var.subdomain == null ? var.service : var.subdomain}.${var.domain}"',
      'The door has another address',
    ],
  ],
  power: [
    [
      'aws_lambda_function.function_function.environment[0].variables.IDLE_MINUTES == tostring(var.idle_minutes)',
      'The function counts other minutes',
    ],
  ],
};

/** The account's number, which stands in ARNs that the provider looks at. */
const account: Block = {
  header: ['mock_data', 'aws_caller_identity'],
  arguments: { defaults: { account_id: '123456789012' } },
};

/** A module's tests for `terraform test`: they plan with a stand-in for the providers, so they need no account. */
export function testBlocks(stack: ModuleStack, settings: Settings, providers: readonly ProviderName[]): Block[] {
  const given = Object.fromEntries(
    stack.inputs.flatMap((input) => {
      const value = testValue(input, settings);
      return input.byDefault !== undefined || value === undefined ? [] : [[input.name, value] as const];
    }),
  );
  const other = existing(settings)[stack.path];
  return [
    ...providers.map((name): Block => ({ header: ['mock_provider', name], blocks: name === 'aws' ? [account] : [] })),
    { header: ['variables'], arguments: given },
    run('plans_with_what_has_to_be_given', {
      blocks: [
        ...(promises[stack.path] ?? []).map(([condition, otherwise]) => assert(condition, otherwise)),
        ...(other === undefined ? [] : [assert(`length(${other.absent}) == 1`, `${other.absent} is not made`)]),
      ],
    }),
    ...(other === undefined
      ? []
      : [
          run(`takes_${other.input}_instead`, {
            blocks: [
              { header: ['variables'], arguments: { [other.input]: other.value } },
              assert(`length(${other.absent}) == 0`, `${other.absent} is made although one is given`),
              assert(other.used, `${other.input} is given and not used`),
            ],
          }),
        ]),
    run('refuses_a_wrong_name', {
      arguments: { expect_failures: new Bare('[var.name]') },
      blocks: [{ header: ['variables'], arguments: { name: 'Not A Name' } }],
    }),
  ];
}

function run(name: string, { arguments: given = {}, blocks = [] }: Pick<Block, 'arguments' | 'blocks'>): Block {
  return { header: ['run', name], arguments: { command: new Bare('plan'), ...given }, blocks };
}

function assert(condition: string, message: string): Block {
  return { header: ['assert'], arguments: { condition: new Bare(condition), error_message: `${message}.` } };
}

function testValue({ name, validations = [] }: Input, settings: Settings): Value {
  const id = ids[name];
  if (id === undefined) return elsewhere[name] ?? exampleValue(name, settings);
  const length = Number(/length\(.*\) == (\d+)/.exec(validations[0]?.condition ?? '')?.[1] ?? 2);
  return Array.from({ length }, (_, index) => `${id}${index}`);
}
