type Nullable<T> = T | null | undefined;

/** The part of API Gateway's proxy event (REST API, payload format 1.0) that the forwarder reads. Anything may be missing. */
export interface GatewayEvent {
  httpMethod?: Nullable<string>;
  /** Percent-encoded; begins with the stage or the base path where the domain's mapping leaves it in. */
  path?: Nullable<string>;
  headers?: Nullable<Record<string, string | undefined>>;
  multiValueHeaders?: Nullable<Record<string, string[] | undefined>>;
  /** Decoded. */
  queryStringParameters?: Nullable<Record<string, string | undefined>>;
  /** Decoded. */
  multiValueQueryStringParameters?: Nullable<Record<string, string[] | undefined>>;
  pathParameters?: Nullable<{ proxy?: string | undefined }>;
  requestContext?: Nullable<{
    requestId?: string | undefined;
    /** The host name that the client asked for, as API Gateway matched it: never the client's word alone. */
    domainName?: string | undefined;
    identity?: Nullable<{ sourceIp?: string | undefined }>;
  }>;
  body?: Nullable<string>;
  isBase64Encoded?: Nullable<boolean>;
  /** A schedule's event that keeps the function from turning inactive: no request. */
  ping?: boolean;
}

/** The part of Lambda's context that the forwarder reads. */
export interface InvocationContext {
  awsRequestId?: string;
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis?(): number;
}

/** The id that API Gateway's own answers carry too (`$context.requestId`). */
export function requestId(event: GatewayEvent, context: InvocationContext): string {
  return event.requestContext?.requestId ?? context.awsRequestId ?? '';
}

/** Pairs of name and values: from the multi-value map, or from the single-value one where that is all there is. */
export function multiValues(
  multiple: Nullable<Record<string, string[] | undefined>>,
  single: Nullable<Record<string, string | undefined>>,
): [string, readonly string[]][] {
  if (multiple) return Object.entries(multiple).map(([name, values]) => [name, values ?? []]);
  return Object.entries(single ?? {}).map(([name, value]) => [name, value === undefined ? [] : [value]]);
}

/** The first value of a header field of the request, whatever its case; undefined where there is none. */
export function headerOf(event: GatewayEvent, wanted: string): string | undefined {
  for (const [name, values] of multiValues(event.multiValueHeaders, event.headers)) {
    if (name.toLowerCase() === wanted) return values[0];
  }
  return undefined;
}
