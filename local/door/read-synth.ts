import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DomainMapping, FunctionModel, GatewayModel, GatewayResponse, Route, StageModel } from './model';
import { inOrder, laidOver, type MethodSettings, requiredParameters, throttleOf } from './model-parts';
import { readPolicy } from './resource-policy';
import { type Arguments, SynthesizedStack, text } from './synthesized-stack';

export interface SynthOptions {
  /** Values of the function's environment that exist after a deployment only, by variable name; undefined leaves one out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** @default the stack's, where it is written out, or us-east-1 */
  readonly region?: string;
  /** @default 123456789012 */
  readonly accountId?: string;
}

/**
 * Reads a service's gateway from its synthesized stack, before any deployment.
 *
 * @param stackFolder such as `cdktf.out/stacks/search`
 * @throws where a part is missing, or names every environment variable whose value only a deployment knows and that was not given
 */
export function readGatewayFromSynth(stackFolder: string, options: SynthOptions = {}): GatewayModel {
  const stack = new SynthesizedStack(stackFolder);
  const region = options.region ?? (stack.region?.includes('${') ? undefined : stack.region) ?? 'us-east-1';
  const accountId = options.accountId ?? '123456789012';
  const { values: api } = stack.one('aws_api_gateway_rest_api');
  const apiName = text(api, 'name');
  return {
    apiName,
    apiId: createHash('sha256').update(apiName).digest('hex').slice(0, 10),
    accountId,
    region,
    domains: domains(stack),
    stage: stage(stack),
    policy: typeof api.policy === 'string' ? readPolicy(api.policy) : undefined,
    binaryMediaTypes: (api.binary_media_types as string[] | undefined) ?? [],
    routes: routes(stack),
    responses: responses(stack),
    function: lambda(stack, region, accountId, options.environment ?? {}),
  };
}

/** The routes alone: what an emulator does not keep of them is looked up here. */
export function readRoutesFromSynth(stackFolder: string): Route[] {
  return routes(new SynthesizedStack(stackFolder));
}

/** Where a stack's zip lies. */
export function readZipPathFromSynth(stackFolder: string): string {
  const stack = new SynthesizedStack(stackFolder);
  return join(stackFolder, text(stack.one('aws_lambda_function').values, 'filename'));
}

function domains(stack: SynthesizedStack): DomainMapping[] {
  return stack.all('aws_api_gateway_base_path_mapping').map(({ values }) => ({
    domainName: text(values, 'domain_name'),
    basePath: (values.base_path as string | undefined) ?? '',
    stage: values.stage_name as string | undefined,
  }));
}

function stage(stack: SynthesizedStack): StageModel {
  const { values } = stack.one('aws_api_gateway_stage');
  const accessLog = values.access_log_settings as { format?: string } | undefined;
  return {
    name: text(values, 'stage_name'),
    variables: (values.variables as Record<string, string> | undefined) ?? null,
    accessLogFormat: accessLog?.format,
  };
}

function routes(stack: SynthesizedStack): Route[] {
  const rootReference = stack.one('aws_api_gateway_rest_api').reference;
  const resources = stack.all('aws_api_gateway_resource');
  const pathOf = (resourceId: string): string => {
    if (resourceId === `\${${rootReference}.root_resource_id}`) return '/';
    const resource = resources.find(({ reference }) => resourceId === `\${${reference}.id}`);
    if (resource === undefined) throw new Error(`${resourceId} is no resource of the synthesized stack`);
    return `${pathOf(text(resource.values, 'parent_id')).replace(/\/$/, '')}/${text(resource.values, 'path_part')}`;
  };
  const validators = new Map(
    stack
      .all('aws_api_gateway_request_validator')
      .map(({ reference, values }) => [`\${${reference}.id}`, values.validate_request_parameters === true]),
  );
  const integrations = stack.all('aws_api_gateway_integration').map(({ values }) => values);
  const settings = methodSettings(stack);
  const found = stack.all('aws_api_gateway_method').map(({ values: method }): Route => {
    const resourceId = text(method, 'resource_id');
    const httpMethod = text(method, 'http_method');
    const path = pathOf(resourceId);
    const integration = integrations.find((each) => each.resource_id === resourceId && each.http_method === httpMethod);
    if (integration === undefined) throw new Error(`${httpMethod} ${path} has no integration`);
    const validated = validators.get(String(method.request_validator_id)) ?? false;
    return {
      path,
      resourceId: createHash('sha256').update(path).digest('hex').slice(0, 6),
      method: httpMethod,
      ...requiredParameters(method.request_parameters as Record<string, boolean> | undefined, validated),
      throttle: throttleOf(settings, path, httpMethod),
      transferMode: integration.response_transfer_mode === 'STREAM' ? 'STREAM' : 'BUFFERED',
      timeoutMilliseconds: Number(integration.timeout_milliseconds ?? 29_000),
    };
  });
  return inOrder(found);
}

function methodSettings(stack: SynthesizedStack): MethodSettings {
  return Object.fromEntries(
    stack.all('aws_api_gateway_method_settings').map(({ values }) => {
      const settings = values.settings as Arguments;
      const [rate, burst] = [settings.throttling_rate_limit, settings.throttling_burst_limit];
      return [
        text(values, 'method_path'),
        { rate: rate as number | undefined, burst: burst as number | undefined },
      ] as const;
    }),
  );
}

function responses(stack: SynthesizedStack): Record<string, GatewayResponse> {
  return Object.fromEntries(
    stack.all('aws_api_gateway_gateway_response').map(({ values }) => [
      text(values, 'response_type'),
      {
        statusCode: values.status_code === undefined ? undefined : Number(values.status_code),
        parameters: (values.response_parameters as Record<string, string> | undefined) ?? {},
        templates: (values.response_templates as Record<string, string> | undefined) ?? {},
      },
    ]),
  );
}

function lambda(
  stack: SynthesizedStack,
  region: string,
  accountId: string,
  known: Readonly<Record<string, string | undefined>>,
): FunctionModel {
  const { values } = stack.one('aws_lambda_function');
  const name = text(values, 'function_name');
  const { variables = {} } = (values.environment as { variables?: Record<string, string> } | undefined) ?? {};
  const environment = laidOver(variables, known);
  const open = Object.keys(environment).filter((key) => environment[key]?.includes('${'));
  if (open.length > 0)
    throw new Error(`only a deployment knows ${open.join(', ')} of ${name}: give them as environment`);
  return {
    name,
    arn: `arn:aws:lambda:${region}:${accountId}:function:${name}`,
    handler: text(values, 'handler'),
    timeoutSeconds: Number(values.timeout ?? 3),
    memory: Number(values.memory_size ?? 128),
    reservedConcurrency: values.reserved_concurrent_executions as number | undefined,
    environment,
    zipPath: join(stack.folder, text(values, 'filename')),
    codeSha256: values.source_code_hash as string | undefined,
  };
}
