import {
  APIGatewayClient,
  GetBasePathMappingsCommand,
  GetDomainNamesCommand,
  GetGatewayResponsesCommand,
  GetMethodCommand,
  GetRequestValidatorsCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetStageCommand,
  type Integration,
  type Method,
} from '@aws-sdk/client-api-gateway';
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { emulatedCredentials } from '../terraform/emulated-environment';
import type { DomainMapping, FunctionModel, GatewayModel, GatewayResponse, Route, TransferMode } from './model';
import { inOrder, type MethodSettings, policyJson, requiredParameters, throttleOf } from './model-parts';
import { readRoutesFromSynth, readZipPathFromSynth } from './read-synth';
import { readPolicy } from './resource-policy';

export interface EmulatorOptions {
  /** The emulated AWS, such as `http://127.0.0.1:5000`. */
  readonly endpoint: string;
  readonly region: string;
  /** The API's name. */
  readonly restApiName: string;
  /**
   * The product's own synthesized stack, such as `cdktf.out/stacks/search`: the zip lies there, and the transfer mode, which
   * emulators do not keep. @default the transfer mode follows from the integration's URI
   */
  readonly stackFolder?: string;
}

/**
 * Reads a service's gateway as it is deployed.
 *
 * @throws where the API, its stage, its domain or its function is not there
 */
export async function readGatewayFromEmulator(options: EmulatorOptions): Promise<GatewayModel> {
  const { endpoint, region, restApiName, stackFolder } = options;
  const client = { endpoint, region, credentials: emulatedCredentials };
  const gateway = new APIGatewayClient(client);
  const lambda = new LambdaClient(client);
  try {
    const { items: apis = [] } = await gateway.send(new GetRestApisCommand({ limit: 500 }));
    const restApiId = apis.find(({ name }) => name === restApiName)?.id;
    if (restApiId === undefined) throw new Error(`there is no API ${restApiName} at ${endpoint}`);
    const api = await gateway.send(new GetRestApiCommand({ restApiId }));
    const domains = await readDomains(gateway, restApiId);
    const stageName = domains[0]?.stage;
    if (stageName === undefined) throw new Error(`no domain leads to a stage of ${restApiName}`);
    const stage = await gateway.send(new GetStageCommand({ restApiId, stageName }));
    const settings: MethodSettings = Object.fromEntries(
      Object.entries(stage.methodSettings ?? {}).map(([path, { throttlingRateLimit, throttlingBurstLimit }]) => [
        path,
        { rate: throttlingRateLimit, burst: throttlingBurstLimit },
      ]),
    );
    const { routes, functionArn } = await readRoutes(gateway, restApiId, settings, stackFolder);
    const zipPath = stackFolder === undefined ? undefined : readZipPathFromSynth(stackFolder);
    return {
      apiName: restApiName,
      apiId: restApiId,
      accountId: functionArn.split(':')[4] ?? '',
      region,
      domains,
      stage: {
        name: stageName,
        variables: Object.keys(stage.variables ?? {}).length === 0 ? null : (stage.variables ?? null),
        accessLogFormat: stage.accessLogSettings?.format,
      },
      policy: api.policy === undefined || api.policy === '' ? undefined : readPolicy(policyJson(api.policy)),
      binaryMediaTypes: api.binaryMediaTypes ?? [],
      routes,
      responses: await readResponses(gateway, restApiId),
      function: { ...(await readFunction(lambda, functionArn)), zipPath },
    };
  } finally {
    gateway.destroy();
    lambda.destroy();
  }
}

async function readDomains(gateway: APIGatewayClient, restApiId: string): Promise<DomainMapping[]> {
  const { items = [] } = await gateway.send(new GetDomainNamesCommand({ limit: 500 }));
  const names = items.flatMap(({ domainName }) => (domainName === undefined ? [] : [domainName]));
  const mappings = names.map(async (domainName) => {
    const { items: found = [] } = await gateway.send(new GetBasePathMappingsCommand({ domainName, limit: 500 }));
    return found
      .filter((mapping) => mapping.restApiId === restApiId)
      .map(({ basePath = '(none)', stage }) => ({
        domainName,
        basePath: basePath === '(none)' ? '' : basePath,
        stage,
      }));
  });
  return (await Promise.all(mappings)).flat();
}

async function readRoutes(
  gateway: APIGatewayClient,
  restApiId: string,
  settings: MethodSettings,
  stackFolder: string | undefined,
): Promise<{ routes: Route[]; functionArn: string }> {
  const { items: resources = [] } = await gateway.send(new GetResourcesCommand({ restApiId, limit: 500 }));
  const { items: validators = [] } = await gateway.send(new GetRequestValidatorsCommand({ restApiId, limit: 500 }));
  const synthesized = stackFolder === undefined ? [] : readRoutesFromSynth(stackFolder);
  const functions = new Set<string>();
  const found = resources.flatMap(({ id: resourceId = '', path = '', resourceMethods = {} }) =>
    Object.keys(resourceMethods).map(async (httpMethod): Promise<Route> => {
      const method: Method = await gateway.send(new GetMethodCommand({ restApiId, resourceId, httpMethod }));
      const integration = method.methodIntegration;
      functions.add(functionArnOf(integration));
      const validator = validators.find(({ id }) => id === method.requestValidatorId);
      const product = synthesized.find((route) => route.path === path && route.method === httpMethod);
      return {
        path,
        resourceId,
        method: httpMethod,
        ...requiredParameters(method.requestParameters, validator?.validateRequestParameters ?? false),
        throttle: throttleOf(settings, path, httpMethod),
        transferMode: product?.transferMode ?? transferModeOf(integration),
        timeoutMilliseconds: Number(integration?.timeoutInMillis ?? 29_000),
      };
    }),
  );
  const routes = inOrder(await Promise.all(found));
  const [functionArn, ...others] = functions;
  if (functionArn === undefined || others.length > 0) throw new Error(`the API invokes ${functions.size} functions`);
  return { routes, functionArn };
}

/** @throws where the integration invokes no Lambda function */
function functionArnOf(integration: Integration | undefined): string {
  const [, arn] = /:lambda:path\/[^/]+\/functions\/(.+)\/(?:response-streaming-)?invocations$/.exec(
    integration?.uri ?? '',
  ) ?? [undefined, undefined];
  if (arn === undefined) throw new Error(`the integration ${integration?.uri} invokes no Lambda function`);
  return arn;
}

function transferModeOf(integration: Integration | undefined): TransferMode {
  const streams = integration?.uri?.endsWith('/response-streaming-invocations') ?? false;
  return (integration?.responseTransferMode ?? (streams ? 'STREAM' : 'BUFFERED')) as TransferMode;
}

async function readResponses(gateway: APIGatewayClient, restApiId: string): Promise<Record<string, GatewayResponse>> {
  const { items = [] } = await gateway.send(new GetGatewayResponsesCommand({ restApiId, limit: 500 }));
  return Object.fromEntries(
    items
      .filter(({ defaultResponse }) => defaultResponse !== true)
      .map(({ responseType = '', statusCode, responseParameters = {}, responseTemplates = {} }) => [
        responseType,
        {
          statusCode: statusCode === undefined ? undefined : Number(statusCode),
          parameters: responseParameters,
          templates: responseTemplates,
        },
      ]),
  );
}

async function readFunction(lambda: LambdaClient, functionArn: string): Promise<FunctionModel> {
  const FunctionName = functionArn.split(':')[6];
  const configuration = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const concurrency = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
  return {
    name: configuration.FunctionName ?? '',
    arn: functionArn,
    handler: configuration.Handler ?? '',
    timeoutSeconds: configuration.Timeout ?? 3,
    memory: configuration.MemorySize ?? 128,
    reservedConcurrency: concurrency.ReservedConcurrentExecutions,
    environment: configuration.Environment?.Variables ?? {},
    codeSha256: configuration.CodeSha256,
  };
}
