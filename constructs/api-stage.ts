import { ApiGatewayDeployment } from '@cdktf/provider-aws/lib/api-gateway-deployment';
import { ApiGatewayMethodSettings } from '@cdktf/provider-aws/lib/api-gateway-method-settings';
import { ApiGatewayStage } from '@cdktf/provider-aws/lib/api-gateway-stage';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { Fn, type ITerraformDependable, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { acceptFindings, logFindings } from './accepted-findings';

/** What a door lets through before it answers 429. */
export interface Throttle {
  /** Requests a second. */
  readonly rate: number;
  /** Requests. */
  readonly burst: number;
}

/** API Gateway's own cache. */
export interface ApiCache {
  /** GB: 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237. */
  readonly size: number;
  /** Seconds. */
  readonly ttl: number;
}

export interface ApiStageProps {
  readonly restApiId: string;
  readonly stageName: string;
  /** The access log's group. */
  readonly logGroupName: string;
  /** Days. */
  readonly logRetention: number;
  readonly throttle: Throttle;
  /** @default no cache */
  readonly cache?: ApiCache;
  /** Which methods the cache serves. */
  readonly cachedMethodPaths: readonly string[];
  /** Everything that the API serves, by value: another value is another deployment. */
  readonly served: unknown;
  /** The resources that make up what is served. */
  readonly dependables: readonly ITerraformDependable[];
}

/** One line a request, as JSON. It names who asked and what was answered, and no header or query, which may hold secrets. */
const accessLogFormat = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  domainName: '$context.domainName',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  errorType: '$context.error.responseType',
  responseLength: '$context.responseLength',
  latency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationStatus: '$context.integration.status',
});

/**
 * A deployment and the stage that shows it.
 *
 * API Gateway serves a snapshot: an edited method, integration, gateway response, policy or binary type is not seen before a new
 * deployment is made. Terraform knows nothing of that, and ids stay the same when what they stand for is edited. So the
 * deployment is replaced whenever the fingerprint of what is served changes, and the old one goes only when the stage shows
 * the new one.
 */
export class ApiStage extends Construct {
  readonly stageName: string;

  constructor(scope: Construct, id: string, props: ApiStageProps) {
    super(scope, id);
    const served = new TerraformLocal(this, 'served', props.served);
    const deployment = new ApiGatewayDeployment(this, 'deployment', {
      restApiId: props.restApiId,
      triggers: { served: Fn.sha256(Fn.jsonencode(served.expression)) },
      dependsOn: [...props.dependables],
      lifecycle: { createBeforeDestroy: true },
    });
    const logGroup = new CloudwatchLogGroup(this, 'access-log', {
      name: props.logGroupName,
      retentionInDays: props.logRetention,
    });
    acceptFindings(logGroup, logFindings);
    const stage = new ApiGatewayStage(this, 'stage', {
      restApiId: props.restApiId,
      deploymentId: deployment.id,
      stageName: props.stageName,
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: logGroup.arn, format: accessLogFormat },
      cacheClusterEnabled: props.cache === undefined ? undefined : true,
      cacheClusterSize: props.cache === undefined ? undefined : `${props.cache.size}`,
    });
    const uncached = 'a cache costs 15 USD a month, and streamed answers are never cached';
    acceptFindings(stage, {
      ...(props.cache === undefined && { CKV_AWS_120: uncached }),
      CKV2_AWS_4: 'execution logs hold headers and bodies, secrets included; access logs, which hold none, are on',
      CKV2_AWS_29: 'a WAF costs 5 USD a month and more; the resource policy lets named addresses in alone',
      CKV2_AWS_51:
        'the origin is a Lambda function, which is called with a signature; a client certificate is for HTTP origins',
    });
    this.stageName = stage.stageName;

    const settings = {
      throttlingRateLimit: props.throttle.rate,
      throttlingBurstLimit: props.throttle.burst,
      // Metrics by method are billed as custom metrics; the API's own Count, 4XXError and 5XXError are free.
      metricsEnabled: false,
      dataTraceEnabled: false,
      loggingLevel: 'OFF',
    };
    const everyMethod = new ApiGatewayMethodSettings(this, 'every-method', {
      restApiId: props.restApiId,
      stageName: stage.stageName,
      methodPath: '*/*',
      settings,
    });
    acceptFindings(everyMethod, { CKV_AWS_225: uncached });
    const { cache } = props;
    if (cache === undefined) return;
    props.cachedMethodPaths.forEach((methodPath, index) => {
      new ApiGatewayMethodSettings(this, `cached-method-${index}`, {
        restApiId: props.restApiId,
        stageName: stage.stageName,
        methodPath,
        settings: {
          ...settings,
          cachingEnabled: true,
          cacheDataEncrypted: true,
          cacheTtlInSeconds: cache.ttl,
          requireAuthorizationForCacheControl: true,
          unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITHOUT_RESPONSE_HEADER',
        },
      });
    });
  }
}
