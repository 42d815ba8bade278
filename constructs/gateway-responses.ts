/** What a door answers by itself when it refuses a request or cannot pass it on. */
export interface GatewayError {
  /** API Gateway's name for the occasion. */
  readonly responseType: string;
  /** HTTP status. @default the service's own for this occasion; a class (DEFAULT_4XX) has to keep it */
  readonly status?: number;
  /** The error's type, in Elasticsearch's manner. */
  readonly type: string;
  /** What to tell the client, which may be a stranger: nothing of what stands behind the door. */
  readonly reason: string;
  /** Header values. */
  readonly headers?: Readonly<Record<string, string>>;
}

const refused = 'this address or these credentials may not use this service';
const internal = 'the service cannot answer';

/**
 * One for every occasion that API Gateway lets us word.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
function occasions(authorizationRequired: boolean): GatewayError[] {
  const unauthorized = {
    status: 401,
    type: 'security_exception',
    reason: 'missing authentication credentials',
    headers: { 'WWW-Authenticate': 'Basic realm="security", charset="UTF-8"' },
  };
  const forbidden = { status: 403, type: 'security_exception', reason: refused };
  const busy = {
    status: 429,
    type: 'too_many_requests_exception',
    reason: 'too many requests: wait and try again',
    headers: { 'Retry-After': '1' },
  };
  const failed = { status: 500, type: 'internal_server_exception', reason: internal };
  return [
    authorizationRequired
      ? { responseType: 'BAD_REQUEST_PARAMETERS', ...unauthorized }
      : {
          responseType: 'BAD_REQUEST_PARAMETERS',
          status: 400,
          type: 'parameter_exception',
          reason: 'a required parameter is missing',
        },
    { responseType: 'BAD_REQUEST_BODY', status: 400, type: 'parse_exception', reason: 'the request body is not valid' },
    { responseType: 'UNAUTHORIZED', ...unauthorized },
    { responseType: 'ACCESS_DENIED', ...forbidden },
    { responseType: 'EXPIRED_TOKEN', ...forbidden },
    { responseType: 'INVALID_API_KEY', ...forbidden },
    { responseType: 'INVALID_SIGNATURE', ...forbidden },
    { responseType: 'MISSING_AUTHENTICATION_TOKEN', ...forbidden },
    { responseType: 'WAF_FILTERED', ...forbidden },
    {
      responseType: 'RESOURCE_NOT_FOUND',
      status: 404,
      type: 'resource_not_found_exception',
      reason: 'there is nothing at this path',
    },
    {
      responseType: 'UNSUPPORTED_MEDIA_TYPE',
      status: 415,
      type: 'media_type_header_exception',
      reason: 'this content type is not supported',
    },
    { responseType: 'QUOTA_EXCEEDED', ...busy },
    { responseType: 'THROTTLED', ...busy },
    { responseType: 'API_CONFIGURATION_ERROR', ...failed },
    { responseType: 'AUTHORIZER_CONFIGURATION_ERROR', ...failed },
    { responseType: 'AUTHORIZER_FAILURE', ...failed },
    {
      responseType: 'INTEGRATION_FAILURE',
      status: 503,
      type: 'service_unavailable_exception',
      reason: 'the service could not be reached: try again',
      headers: { 'Retry-After': '5' },
    },
    {
      responseType: 'INTEGRATION_TIMEOUT',
      status: 504,
      type: 'timeout_exception',
      reason: 'the service did not answer in time',
      headers: { 'Retry-After': '5' },
    },
    { responseType: 'DEFAULT_4XX', type: 'request_exception', reason: 'the request was refused' },
    {
      responseType: 'DEFAULT_5XX',
      type: 'internal_server_exception',
      reason: internal,
      headers: { 'Retry-After': '5' },
    },
  ];
}

/** All of a door's own answers. */
export function gatewayErrors(options: { authorizationRequired: boolean }): GatewayError[] {
  return occasions(options.authorizationRequired);
}

/**
 * An answer's body in the shape that Elasticsearch's clients know, with the request's id. It is no template language: API
 * Gateway fills in `$context` variables and nothing else. A class of errors leaves the status to the response itself.
 */
export function errorBody({ status, type, reason }: GatewayError): string {
  const cause = { type, reason };
  const error = { root_cause: [cause], ...cause, request_id: '$context.requestId' };
  return JSON.stringify(status === undefined ? { error } : { error, status });
}
