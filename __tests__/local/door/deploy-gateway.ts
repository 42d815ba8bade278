import { readFileSync } from 'node:fs';
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand,
  CreateRequestValidatorCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  GetResourcesCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { GatewayModel, Route } from '../../../local/door/model';
import { emulatedCredentials } from '../../../local/terraform/emulated-environment';

/** Makes in an emulated AWS, by its API alone, the gateway that a model describes. It knows paths of one segment. */
export async function deployGateway(endpoint: string, model: GatewayModel, policy: string): Promise<void> {
  const { region, apiName, stage } = model;
  const clients = { endpoint, region, credentials: emulatedCredentials };
  const gateway = new APIGatewayClient(clients);
  const functionArn = await deployFunction(clients, model);
  const api = { name: apiName, policy, binaryMediaTypes: [...model.binaryMediaTypes] };
  const { id: restApiId } = await gateway.send(new CreateRestApiCommand(api));
  const validator = { restApiId, name: 'authorization', validateRequestParameters: true };
  const { id: requestValidatorId } = await gateway.send(new CreateRequestValidatorCommand(validator));
  const { items = [] } = await gateway.send(new GetResourcesCommand({ restApiId }));
  const resourceIds = new Map([['/', items[0]?.id]]);
  for (const route of model.routes) {
    const { path, method } = route;
    if (!resourceIds.has(path)) {
      const resource = { restApiId, parentId: items[0]?.id, pathPart: path.slice(1) };
      resourceIds.set(path, (await gateway.send(new CreateResourceCommand(resource))).id);
    }
    const at = { restApiId, resourceId: resourceIds.get(path), httpMethod: method };
    const required = route.requiredHeaders.map((name) => [`method.request.header.${name}`, true] as const);
    await gateway.send(
      new PutMethodCommand({
        ...at,
        authorizationType: 'NONE',
        requestValidatorId: required.length > 0 ? requestValidatorId : undefined,
        requestParameters: Object.fromEntries(required),
      }),
    );
    await gateway.send(
      new PutIntegrationCommand({
        ...at,
        type: 'AWS_PROXY',
        integrationHttpMethod: 'POST',
        uri: integrationUri(region, functionArn, route),
        timeoutInMillis: route.timeoutMilliseconds,
      }),
    );
  }
  for (const [responseType, { statusCode, parameters, templates }] of Object.entries(model.responses)) {
    const response = { responseParameters: parameters, responseTemplates: templates };
    await gateway.send(
      new PutGatewayResponseCommand({
        restApiId,
        responseType: responseType as 'DEFAULT_4XX',
        ...response,
        ...(statusCode !== undefined && { statusCode: `${statusCode}` }),
      }),
    );
  }
  const { id: deploymentId } = await gateway.send(new CreateDeploymentCommand({ restApiId }));
  await gateway.send(new CreateStageCommand({ restApiId, stageName: stage.name, deploymentId }));
  const throttle = model.routes[0]?.throttle;
  const settings = {
    '/*/*/throttling/rateLimit': `${throttle?.rate}`,
    '/*/*/throttling/burstLimit': `${throttle?.burst}`,
    '/accessLogSettings/format': stage.accessLogFormat,
    '/accessLogSettings/destinationArn': 'arn:aws:logs:us-east-1:123456789012:log-group:access',
  };
  const patchOperations = Object.entries(settings).map(([path, value]) => ({ op: 'replace' as const, path, value }));
  await gateway.send(new UpdateStageCommand({ restApiId, stageName: stage.name, patchOperations }));
  for (const { domainName, stage: mapped } of model.domains) {
    await gateway.send(new CreateDomainNameCommand({ domainName, securityPolicy: 'TLS_1_2' }));
    await gateway.send(new CreateBasePathMappingCommand({ domainName, restApiId, stage: mapped }));
  }
  gateway.destroy();
}

function integrationUri(region: string, functionArn: string, { transferMode }: Route): string {
  const [date, action] =
    transferMode === 'STREAM' ? ['2021-11-15', 'response-streaming-invocations'] : ['2015-03-31', 'invocations'];
  return `arn:aws:apigateway:${region}:lambda:path/${date}/functions/${functionArn}/${action}`;
}

async function deployFunction(
  clients: { endpoint: string; region: string },
  { function: { name, handler, environment, memory, timeoutSeconds, zipPath } }: GatewayModel,
): Promise<string> {
  const lambda = new LambdaClient(clients);
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Handler: handler,
      Runtime: 'nodejs22.x',
      Role: await role(clients.endpoint),
      MemorySize: memory,
      Timeout: timeoutSeconds,
      Environment: { Variables: { ...environment } },
      Code: { ZipFile: readFileSync(zipPath ?? '') },
    }),
  );
  lambda.destroy();
  return created.FunctionArn ?? '';
}

/** A role to name: emulators look whether it is there. */
async function role(endpoint: string): Promise<string> {
  const parameters = { Action: 'CreateRole', RoleName: 'test', AssumeRolePolicyDocument: '{}', Version: '2010-05-08' };
  const authorization = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, Signature=x';
  const body = new URLSearchParams(parameters);
  const response = await fetch(endpoint, { method: 'POST', headers: { authorization }, body });
  const [, arn] = /<Arn>(.+)<\/Arn>/.exec(await response.text()) ?? [];
  if (arn === undefined) throw new Error('the emulator makes no role');
  return arn;
}
