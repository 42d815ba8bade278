import type { SynthesizedStack } from '../synthesized';

/** The account that stands in policies for the one that Terraform would find. */
export const account = '111122223333';
const region = 'us-east-1';

/** The settings of a deployment that workflows on GitHub deploy. */
export const delivered = { delivery: { repository: 'acme/search' }, alarms: { email: 'somebody@example.com' } };

/** A role with the policies that Terraform gives it, every expression in them replaced by what it stands for. */
export interface SynthesizedRole {
  readonly name: string;
  readonly trust: string;
  readonly policies: readonly string[];
  /** The policy that bounds it; undefined where none does. */
  readonly boundary: string | undefined;
}

/**
 * A role of a synthesized deployment, by its stack and its address.
 *
 * @throws Error where an expression's meaning is not known here
 */
export function roleOf(
  stacks: Readonly<Record<string, SynthesizedStack>>,
  stack: string,
  role: string,
): SynthesizedRole {
  const found = stacks[stack];
  if (found === undefined) throw new Error(`no stack ${stack}`);
  const { name, assume_role_policy, permissions_boundary } = found.at(`aws_iam_role.${role}`);
  const policies = Object.values(found.all('aws_iam_role_policy'))
    .filter((policy) => String(policy.role).startsWith(`\${aws_iam_role.${role}.`))
    .map((policy) => resolved(stacks, stack, String(policy.policy)));
  const boundary =
    permissions_boundary === undefined
      ? undefined
      : managedPolicy(stacks, resolved(stacks, stack, String(permissions_boundary)));
  return { name: String(name), trust: resolved(stacks, stack, String(assume_role_policy)), policies, boundary };
}

/** A policy that some stack makes, by its ARN. */
function managedPolicy(stacks: Readonly<Record<string, SynthesizedStack>>, arn: string): string {
  for (const [stack, found] of Object.entries(stacks)) {
    for (const { name, policy } of Object.values(found.all('aws_iam_policy'))) {
      if (arn === `arn:aws:iam::${account}:policy/${name}`) return resolved(stacks, stack, String(policy));
    }
  }
  throw new Error(`no stack makes ${arn}`);
}

function resolved(stacks: Readonly<Record<string, SynthesizedStack>>, stack: string, text: string): string {
  return text.replace(/\$\{([^}]+)\}/g, (_, expression: string) => meaning(stacks, stack, expression));
}

function meaning(stacks: Readonly<Record<string, SynthesizedStack>>, stack: string, expression: string): string {
  if (/^data\.aws_caller_identity\.\w+\.account_id$/.test(expression)) return account;
  if (/^data\.aws_route53_zone\.\w+\.arn$/.test(expression)) return 'arn:aws:route53:::hostedzone/Z1';
  const output = /^data\.terraform_remote_state\.([\w-]+)\.outputs\.([\w-]+)$/.exec(expression);
  if (output !== null) {
    const [, state = '', name = ''] = output;
    const key = stacks[stack]?.document.data.terraform_remote_state[state].config.key;
    const upstream = String(key).split('/').at(-1)?.replace('.tfstate', '') ?? '';
    return resolved(stacks, upstream, String(stacks[upstream]?.document.output[name].value));
  }
  const [, type = '', name = '', attribute = ''] = /^(aws_\w+)\.([\w-]+)\.(\w+)$/.exec(expression) ?? [];
  const resource = stacks[stack]?.at(`${type}.${name}`) ?? {};
  const own = (key: string) => resolved(stacks, stack, String(resource[key]));
  switch (`${type}.${attribute}`) {
    case 'aws_s3_bucket.arn':
      return `arn:aws:s3:::${own('bucket')}`;
    case 'aws_s3_bucket.bucket':
      return own('bucket');
    case 'aws_cloudwatch_log_group.arn':
      return `arn:aws:logs:${region}:${account}:log-group:${own('name')}`;
    case 'aws_lambda_function.arn':
      return `arn:aws:lambda:${region}:${account}:function:${own('function_name')}`;
    case 'aws_iam_openid_connect_provider.arn':
      return `arn:aws:iam::${account}:oidc-provider/${own('url').replace('https://', '')}`;
    default:
      throw new Error(`what ${expression} stands for is not known here`);
  }
}
