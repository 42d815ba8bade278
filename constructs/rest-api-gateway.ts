import {
  ApiGatewayGatewayResponse,
  type ApiGatewayGatewayResponseConfig,
} from '@cdktf/provider-aws/lib/api-gateway-gateway-response';
import { ApiGatewayRequestValidator } from '@cdktf/provider-aws/lib/api-gateway-request-validator';
import { ApiGatewayRestApi } from '@cdktf/provider-aws/lib/api-gateway-rest-api';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { type IResolvable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings';
import { type ApiCache, ApiStage, type Throttle } from './api-stage';
import { either, isUnknown } from './either';
import type { ResponseMode } from './forwarder-function';
import { errorBody, type GatewayError, gatewayErrors } from './gateway-responses';
import { policyDocument } from './policy-document';
import { ProxyRoutes } from './proxy-routes';

export interface RestApiGatewayProps {
  /** The API's name. */
  readonly name: string;
  readonly description?: string;
  /** The function behind it, usually a {@link ForwarderFunction}. */
  readonly forwarder: {
    readonly functionName: string;
    readonly integrationUri: string;
    /** Fixed at synth. */
    readonly responseMode: ResponseMode;
  };
  /** Blocks of IPv4 and IPv6 addresses that may knock. */
  readonly allowedCidrs: string[];
  /** Refuse requests without an Authorization header before the function runs. */
  readonly requireAuthorization: boolean | IResolvable;
  /** Let OPTIONS requests through without Authorization. @default false */
  readonly allowPreflight?: boolean | IResolvable;
  readonly throttle: Throttle;
  /** How long the function may take, in seconds. */
  readonly timeout: number;
  /** Days. */
  readonly logRetention: number;
  /** Cache GET answers below some first path segments. Buffered responses only. @default no cache */
  readonly cache?: ApiCache & {
    /** First path segments, such as `/ui`, that differ by letters and digits. Fixed at synth. */
    readonly paths: readonly string[];
  };
}

/**
 * A regional REST API that passes every request on to one Lambda function, guarded by an address list, a required header and
 * throttling, and reached by a custom domain alone. Every answer that it gives by itself is worded by us and shows nothing of
 * what stands behind it.
 *
 * @throws Error when a cache is asked for with streaming responses, which API Gateway never caches
 */
export class RestApiGateway extends Construct {
  readonly restApiId: string;
  readonly stageName: string;

  constructor(scope: Construct, id: string, props: RestApiGatewayProps) {
    super(scope, id);
    if (props.cache !== undefined && props.forwarder.responseMode === 'streaming') {
      throw new Error(`${this.node.path}: a cache needs buffered responses; streamed answers are never cached`);
    }
    const api = {
      name: props.name,
      description: props.description ?? `The door to ${props.name}`,
      disableExecuteApiEndpoint: true,
      binaryMediaTypes: ['*/*'],
      policy: policyDocument({
        Effect: 'Allow',
        Principal: '*',
        Action: 'execute-api:Invoke',
        // The policy belongs to this one API. The shorthand execute-api:/* would come back spelled out and show as a change.
        Resource: '*',
        Condition: { IpAddress: { 'aws:SourceIp': props.allowedCidrs } },
      }),
    };
    const restApi = new ApiGatewayRestApi(this, 'api', { ...api, endpointConfiguration: { types: ['REGIONAL'] } });
    acceptFindings(restApi, {
      CKV_AWS_237:
        'the deployment is created before the old one goes, which is what matters; nothing ever replaces the API itself',
    });
    this.restApiId = restApi.id;

    const validator =
      props.requireAuthorization !== false
        ? new ApiGatewayRequestValidator(this, 'authorization-validator', {
            restApiId: restApi.id,
            name: 'authorization',
            validateRequestParameters: true,
            validateRequestBody: false,
          })
        : undefined;
    const routes = new ProxyRoutes(this, 'routes', {
      restApiId: restApi.id,
      rootResourceId: restApi.rootResourceId,
      integrationUri: props.forwarder.integrationUri,
      responseMode: props.forwarder.responseMode,
      timeout: props.timeout,
      requestValidatorId: validator?.id,
      requireAuthorization: props.requireAuthorization,
      allowPreflight: props.allowPreflight ?? false,
      cachedPaths: props.cache?.paths ?? [],
    });
    const responses = ownResponses(props.requireAuthorization).map((response) => {
      const id = `response-${response.responseType.toLowerCase().replaceAll('_', '-')}`;
      return { response, resource: new ApiGatewayGatewayResponse(this, id, { restApiId: restApi.id, ...response }) };
    });
    const permission = new LambdaPermission(this, 'invoke-permission', {
      statementId: 'api-gateway',
      action: 'lambda:InvokeFunction',
      functionName: props.forwarder.functionName,
      principal: 'apigateway.amazonaws.com',
      sourceArn: `${restApi.executionArn}/*`,
    });
    const stage = new ApiStage(this, 'live', {
      restApiId: restApi.id,
      stageName: 'live',
      logGroupName: `/aws/apigateway/${props.name}`,
      logRetention: props.logRetention,
      throttle: props.throttle,
      cache: props.cache,
      cachedMethodPaths: routes.cachedMethodPaths,
      served: { api, routes: routes.served, responses: responses.map(({ response }) => response) },
      dependables: [...routes.dependables, ...responses.map(({ resource }) => resource), permission],
    });
    this.stageName = stage.stageName;
  }
}

type Response = Pick<
  ApiGatewayGatewayResponseConfig,
  'responseType' | 'statusCode' | 'responseTemplates' | 'responseParameters'
>;

/** The API's own answers. Where only Terraform knows whether Authorization is required, it chooses between both wordings. */
function ownResponses(authorizationRequired: boolean | IResolvable): Response[] {
  if (!isUnknown(authorizationRequired)) return gatewayErrors({ authorizationRequired }).map(gatewayResponse);
  const [required, open] = [true, false].map((each) => ownResponses(each)) as [Response[], Response[]];
  return required.map((response, index) => {
    const other = open[index] ?? response;
    if (JSON.stringify(response) === JSON.stringify(other)) return response;
    return {
      responseType: response.responseType,
      statusCode: Token.asString(either(authorizationRequired, response.statusCode, other.statusCode)),
      responseTemplates: Token.asStringMap(
        either(authorizationRequired, response.responseTemplates, other.responseTemplates),
      ),
      responseParameters: Token.asStringMap(
        either(authorizationRequired, response.responseParameters, other.responseParameters),
      ),
    };
  });
}

function gatewayResponse(error: GatewayError): Response {
  return {
    responseType: error.responseType,
    statusCode: error.status === undefined ? undefined : `${error.status}`,
    responseTemplates: { 'application/json': errorBody(error) },
    responseParameters: Object.fromEntries(
      Object.entries(error.headers ?? {}).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]),
    ),
  };
}
