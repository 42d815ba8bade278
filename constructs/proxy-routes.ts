import { ApiGatewayIntegration } from '@cdktf/provider-aws/lib/api-gateway-integration';
import { ApiGatewayMethod } from '@cdktf/provider-aws/lib/api-gateway-method';
import { ApiGatewayResource } from '@cdktf/provider-aws/lib/api-gateway-resource';
import { type IResolvable, type ITerraformDependable, Op, Token } from 'cdktf';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings';
import { either } from './either';
import type { ResponseMode } from './forwarder-function';

export interface ProxyRoutesProps {
  readonly restApiId: string;
  readonly rootResourceId: string;
  /** The Lambda function's URI, of the kind that the response mode needs. */
  readonly integrationUri: string;
  /** Fixed at synth. */
  readonly responseMode: ResponseMode;
  /** How long API Gateway waits for the function, in seconds. */
  readonly timeout: number;
  /** The validator that refuses requests without Authorization. @default Authorization is not required */
  readonly requestValidatorId?: string;
  /** Whether the validator is used. @default where there is one */
  readonly requireAuthorization?: boolean | IResolvable;
  /** Let OPTIONS requests through without Authorization. */
  readonly allowPreflight: boolean | IResolvable;
  /** First path segments whose GET answers may be cached, such as `/ui`. Fixed at synth. */
  readonly cachedPaths: readonly string[];
}

/** Every method on every path, passed on to one function as it is. */
export class ProxyRoutes extends Construct {
  /** What a deployment has to wait for. */
  readonly dependables: readonly ITerraformDependable[];
  /** What is served here, for the deployment's fingerprint. */
  readonly served: readonly unknown[];
  /** Method paths whose answers are cached, as method settings name them. */
  readonly cachedMethodPaths: readonly string[];
  private readonly props: ProxyRoutesProps;
  private readonly routes: { dependables: ITerraformDependable[]; served: unknown }[] = [];

  constructor(scope: Construct, id: string, props: ProxyRoutesProps) {
    super(scope, id);
    this.props = props;
    const everything = this.resource('proxy', props.rootResourceId, '{proxy+}');
    this.everyMethod('root', props.rootResourceId, '/');
    this.everyMethod('proxy', everything.id, '/{proxy+}');
    this.cachedMethodPaths = props.cachedPaths.map((path) => this.cachedRoute(path.slice(1)));
    this.dependables = this.routes.flatMap(({ dependables }) => dependables);
    this.served = this.routes.map(({ served }) => served);
  }

  /** GET below one first segment, cached by path; everything else there goes on as everywhere. */
  private cachedRoute(segment: string): string {
    const parent = this.resource(`at-${segment}`, this.props.rootResourceId, segment);
    const below = this.resource(`below-${segment}`, parent.id, '{proxy+}');
    this.everyMethod(`at-${segment}`, parent.id, `/${segment}`);
    this.everyMethod(`below-${segment}`, below.id, `/${segment}/{proxy+}`);
    this.route(`cached-${segment}`, below.id, 'GET', { path: `/${segment}/{proxy+}`, cached: true });
    return `${segment}/{proxy+}/GET`;
  }

  /** A path takes every method; where a preflight may pass, OPTIONS is a method of its own on each path. */
  private everyMethod(id: string, resourceId: string, path: string): void {
    this.route(id, resourceId, 'ANY', { path });
    const { allowPreflight } = this.props;
    if (allowPreflight !== false) this.route(`preflight-${id}`, resourceId, 'OPTIONS', { path, open: allowPreflight });
  }

  private resource(id: string, parentId: string, pathPart: string): ApiGatewayResource {
    return new ApiGatewayResource(this, `${id}-resource`, { restApiId: this.props.restApiId, parentId, pathPart });
  }

  private route(
    id: string,
    resourceId: string,
    httpMethod: string,
    { path, open = false, cached = false }: { path: string; open?: boolean | IResolvable; cached?: boolean },
  ): void {
    const { restApiId, requestValidatorId, requireAuthorization = requestValidatorId !== undefined } = this.props;
    const guarded = either(open, false, requireAuthorization) as boolean | IResolvable;
    // An answer may differ by who asks and by what it is compressed with, so both are part of the cache's key.
    const cacheKeys = [
      'method.request.path.proxy',
      'method.request.header.Accept-Encoding',
      'method.request.header.Authorization',
    ];
    const requestParameters = {
      ...(path.endsWith('{proxy+}') ? { 'method.request.path.proxy': true } : {}),
      ...(cached ? { 'method.request.header.Accept-Encoding': false } : {}),
      ...(guarded !== false || cached ? { 'method.request.header.Authorization': guarded } : {}),
    };
    const validator = either(guarded, requestValidatorId, undefined);
    const method = {
      httpMethod,
      authorization: 'NONE',
      requestParameters,
      requestValidatorId: validator === undefined ? undefined : Token.asString(validator),
    };
    const integration = {
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: this.props.integrationUri,
      responseTransferMode: this.props.responseMode === 'streaming' ? 'STREAM' : 'BUFFERED',
      timeoutMilliseconds: milliseconds(this.props.timeout),
      cacheKeyParameters: cached ? cacheKeys : undefined,
    };
    const methodResource = new ApiGatewayMethod(this, `${id}-method`, { restApiId, resourceId, ...method });
    acceptFindings(methodResource, {
      CKV_AWS_59: 'who may knock is said by the resource policy and the throttle; who may do what, by Elasticsearch',
      ...(guarded === false && {
        CKV2_AWS_53: 'a request is validated where Authorization is required; Kibana logs in with a cookie',
      }),
    });
    const integrationResource = new ApiGatewayIntegration(this, `${id}-integration`, {
      restApiId,
      resourceId,
      httpMethod: methodResource.httpMethod,
      ...integration,
    });
    this.routes.push({
      dependables: [methodResource, integrationResource],
      served: { path, ...method, requestValidatorId: guarded, ...integration },
    });
  }
}

/** Milliseconds; an expression where the seconds are one, since TypeScript cannot compute with what only Terraform knows. */
function milliseconds(seconds: number): number {
  return Token.isUnresolved(seconds) ? Token.asNumber(Op.mul(seconds, 1000)) : seconds * 1000;
}
