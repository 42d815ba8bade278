import type { Settings } from '../settings';
import { exampleValue } from './example';
import { Bare, type Block, type Value } from './hcl';
import type { Input } from './input';
import type { ModuleStack } from './module-stack';
import type { ProviderName } from './required-providers';

/** What a test passes in for what is another module's. */
const elsewhere: Readonly<Record<string, Value>> = {
  hosts_group_id: 'sg-0123456789abcdef0',
  forwarders_group_id: 'sg-0123456789abcdef1',
  s3_endpoint_id: 'vpce-0123456789abcdef0',
  snapshot_bucket: 'snapshots-of-ours',
  kibana_url: 'https://kibana.example.com',
  state_url: 'https://state.s3.us-east-1.amazonaws.com/state.json',
  power_function_arn: 'arn:aws:lambda:us-east-1:123456789012:function:power',
  alarm_topic_arn: 'arn:aws:sns:us-east-1:123456789012:alarms',
};

const ids: Readonly<Record<string, string>> = {
  node_addresses: '10.42.0.1',
  host_subnet_ids: 'subnet-0123456789abcdef',
  forwarder_subnet_ids: 'subnet-0123456789abcde0',
  data_volume_ids: 'vol-0123456789abcdef',
};

/** What is passed in instead of being made, and what then is not there. */
const existing: Readonly<Record<string, { input: string; value: Value; absent: string }>> = {
  network: {
    input: 'existing_vpc',
    value: {
      vpc_id: 'vpc-0123456789abcdef0',
      host_subnet_ids: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
      forwarder_subnet_ids: ['subnet-0123456789abcdef3', 'subnet-0123456789abcdef4', 'subnet-0123456789abcdef5'],
      s3_endpoint_id: 'vpce-0123456789abcdef0',
      node_addresses: ['10.0.0.10', '10.0.1.10', '10.0.2.10'],
    },
    absent: 'module.vpc',
  },
  storage: { input: 'existing_snapshot_bucket', value: 'snapshots-of-ours', absent: 'module.bucket' },
  gateway: {
    input: 'certificate_arn',
    value: 'arn:aws:acm:us-east-1:123456789012:certificate/0123',
    absent: 'module.certificate',
  },
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
  const other = existing[stack.path];
  return [
    ...providers.map((name): Block => ({ header: ['mock_provider', name], blocks: name === 'aws' ? [account] : [] })),
    { header: ['variables'], arguments: given },
    run('plans_with_what_has_to_be_given', {
      blocks: other === undefined ? [] : [assert(`length(${other.absent}) == 1`, `${other.absent} is not made`)],
    }),
    ...(other === undefined
      ? []
      : [
          run(`takes_${other.input}_instead`, {
            blocks: [
              { header: ['variables'], arguments: { [other.input]: other.value } },
              assert(`length(${other.absent}) == 0`, `${other.absent} is made although one is given`),
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
