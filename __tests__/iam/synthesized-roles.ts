import type { SynthesizedStack } from '../synthesized';

/** The account that stands in policies for the one that Terraform would find. */
export const account = '111122223333';
const region = 'us-east-1';

/** A role with the policies that Terraform gives it, every expression in them replaced by what it stands for. */
export interface SynthesizedRole {
  readonly name: string;
  readonly trust: string;
  readonly policies: readonly string[];
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
  const { name, assume_role_policy } = found.at(`aws_iam_role.${role}`);
  const policies = Object.values(found.all('aws_iam_role_policy'))
    .filter((policy) => String(policy.role).startsWith(`\${aws_iam_role.${role}.`))
    .map((policy) => resolved(stacks, stack, String(policy.policy)));
  return { name: String(name), trust: resolved(stacks, stack, String(assume_role_policy)), policies };
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
