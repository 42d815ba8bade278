import type { ContextVariables } from './context';
import { type HeaderFields, valuesOf } from './header-fields';
import { isBinary } from './media-types';
import type { GatewayModel } from './model';
import type { Match } from './routes';

export interface ProxyRequest {
  readonly method: string;
  /** As the client wrote it, with whatever the domain's mapping stands for. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly fields: HeaderFields;
  readonly body: Buffer;
}

/**
 * The event of a Lambda proxy integration (REST API, payload format 1.0), as JSON.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function proxyEvent(
  model: GatewayModel,
  { route, pathParameters }: Match,
  request: ProxyRequest,
  context: ContextVariables,
): Buffer {
  const { method, path, query, fields, body } = request;
  const mediaType = valuesOf(fields, 'content-type')[0] ?? 'application/json';
  const isBase64Encoded = body.length > 0 && isBinary(model.binaryMediaTypes, mediaType);
  const headers = multiValues(fields, true);
  const parameters = multiValues(query, false);
  const event = {
    resource: route.path,
    path,
    httpMethod: method,
    headers: lastValues(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.length === 0 ? null : lastValues(parameters),
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(parameters),
    pathParameters,
    stageVariables: model.stage.variables,
    requestContext: {
      resourceId: route.resourceId,
      resourcePath: route.path,
      httpMethod: method,
      extendedRequestId: context.extendedRequestId,
      requestTime: context.requestTime,
      path,
      accountId: model.accountId,
      protocol: context.protocol,
      stage: model.stage.name,
      domainPrefix: context.domainPrefix,
      requestTimeEpoch: Number(context.requestTimeEpoch),
      requestId: context.requestId,
      identity: {
        cognitoIdentityPoolId: null,
        accountId: null,
        cognitoIdentityId: null,
        caller: null,
        sourceIp: context['identity.sourceIp'],
        principalOrgId: null,
        accessKey: null,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: null,
        userAgent: context['identity.userAgent'] ?? null,
        user: null,
      },
      domainName: context.domainName,
      apiId: model.apiId,
    },
    body: body.length === 0 ? null : body.toString(isBase64Encoded ? 'base64' : 'utf8'),
    isBase64Encoded,
  };
  return Buffer.from(JSON.stringify(event));
}

/** Values gathered by name; where case does not count, the first spelling stays. */
function multiValues(pairs: readonly (readonly [string, string])[], anyCase: boolean): Map<string, string[]> {
  const gathered = new Map<string, string[]>();
  const spelling = new Map<string, string>();
  for (const [given, value] of pairs) {
    const key = anyCase ? given.toLowerCase() : given;
    const name = spelling.get(key) ?? given;
    spelling.set(key, name);
    gathered.set(name, [...(gathered.get(name) ?? []), value]);
  }
  return gathered;
}

const lastValues = (values: Map<string, string[]>) =>
  Object.fromEntries([...values].map(([name, all]) => [name, all.at(-1)]));
