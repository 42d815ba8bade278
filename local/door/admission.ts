import type { IncomingMessage } from 'node:http';
import type { ContextVariables } from './context';
import { type HeaderFields, largestHeaders, pairs, requestFields, sizeOf, valuesOf } from './header-fields';
import type { DomainMapping, GatewayModel, Route } from './model';
import { occasions, Refusal } from './refusal';
import { type RequestTarget, readTarget } from './request-target';
import { evaluatePolicy } from './resource-policy';
import { type Match, matchRoute } from './routes';
import { type StandIns, sourceAddress, standIns } from './source-address';
import { TokenBucket } from './token-bucket';

/** A request that may reach the function. */
export interface Admitted {
  readonly method: string;
  readonly target: RequestTarget;
  readonly match: Match;
  readonly fields: HeaderFields;
}

const longestArn = 1_600;

/** Decides who comes in: host name, route, resource policy, throttling and request validator, in this order. */
export class Admission {
  private readonly buckets = new Map<Route, TokenBucket>();
  private readonly standIns: StandIns;

  /**
   * @param aliases host names that stand for the first mapped domain.
   * @throws where the resource policy lets nobody in.
   */
  constructor(
    private readonly model: GatewayModel,
    private readonly aliases: () => readonly string[],
  ) {
    this.standIns = standIns(model.policy, this.methodArn('GET', '/'));
    for (const route of model.routes) {
      if (route.throttle !== undefined) this.buckets.set(route, new TokenBucket(route.throttle));
    }
  }

  /** Fills in what it learns of the request. @throws Refusal */
  admit(request: IncomingMessage, context: ContextVariables): Admitted {
    const given = pairs(request.rawHeaders);
    const sourceIp = sourceAddress(this.standIns, request.socket.remoteAddress);
    const method = valuesOf(given, 'x-http-method-override')[0] ?? request.method ?? '';
    context['identity.sourceIp'] = sourceIp;
    context['identity.userAgent'] = valuesOf(given, 'user-agent')[0];
    context.httpMethod = method;
    context.path = request.url;

    const target = readTarget(request.url ?? '/');
    context.path = target.path;
    if (sizeOf(given) > largestHeaders) throw new Refusal(occasions.headersTooLarge);
    const { domainName, apiPath } = this.mapped(target.authority ?? request.headers.host ?? '', target.path);
    Object.assign(context, this.apiContext(domainName));

    const match = matchRoute(this.model.routes, method, apiPath);
    if (match === undefined) throw new Refusal(occasions.noSuchMethod);
    context.resourcePath = match.route.path;
    context.resourceId = match.route.resourceId;
    this.authorize(sourceIp, this.methodArn(method, apiPath));
    if (this.buckets.get(match.route)?.take() === false) throw new Refusal(occasions.throttled);
    validate(match.route, given, target);

    const traceId = context.xrayTraceId ?? '';
    const fields = requestFields(request.rawHeaders, { host: domainName, sourceIp, traceId });
    return { method, target, match, fields };
  }

  private authorize(sourceIp: string, arn: string): void {
    if (Buffer.byteLength(arn) > longestArn) throw new Refusal(occasions.arnTooLong);
    const verdict = evaluatePolicy(this.model.policy, sourceIp, arn);
    if (verdict === 'allowed') return;
    const shown = arn.replace(/:\d{8}(\d{4}):/, ':********$1:');
    const how = verdict === 'denied' ? '' : ' with an explicit deny';
    throw new Refusal(occasions.accessDenied, `${occasions.accessDenied.message} on resource: ${shown}${how}`);
  }

  /** The domain that a Host header means, and the path within the API. */
  private mapped(host: string, path: string): { domainName: string; apiPath: string } {
    const name = this.aliases().includes(host.toLowerCase())
      ? this.model.domains[0]?.domainName
      : host.toLowerCase().replace(/:\d+$/, '');
    const mappings = this.model.domains
      .filter(({ domainName }) => domainName === name)
      .sort((one, other) => other.basePath.length - one.basePath.length);
    for (const mapping of mappings) {
      const apiPath = withoutMapping(mapping, this.model.stage.name, path);
      if (apiPath !== undefined) return { domainName: mapping.domainName, apiPath };
    }
    throw new Refusal(occasions.forbidden);
  }

  private apiContext(domainName: string): ContextVariables {
    const { apiId, accountId, stage } = this.model;
    return { apiId, accountId, stage: stage.name, domainName, domainPrefix: domainName.split('.')[0] };
  }

  private methodArn(method: string, apiPath: string): string {
    const { region, accountId, apiId, stage } = this.model;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage.name}/${method}${apiPath}`;
  }
}

/** A mapping stands for its base path and, where it names no stage, for the stage as a first segment. */
function withoutMapping({ basePath, stage }: DomainMapping, stageName: string, path: string): string | undefined {
  const prefix = [basePath, stage === undefined ? stageName : '']
    .filter((segment) => segment !== '')
    .map((segment) => `/${segment}`)
    .join('');
  if (path === prefix) return '/';
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
}

/** What is required has to be there, and not blank. */
function validate({ requiredHeaders, requiredQuery }: Route, given: HeaderFields, target: RequestTarget): void {
  const missing = [
    ...requiredHeaders.filter((name) => !valuesOf(given, name.toLowerCase()).some((value) => value.trim() !== '')),
    ...requiredQuery.filter((name) => !target.query.some(([key, value]) => key === name && value.trim() !== '')),
  ];
  if (missing.length === 0) return;
  throw new Refusal(occasions.badParameters, `${occasions.badParameters.message}: [${missing.join(', ')}]`);
}
