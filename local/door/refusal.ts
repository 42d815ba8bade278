/** A gateway response's occasion, or one of those that come before any API is known. */
export interface Occasion {
  /** API Gateway's name for it; what the service answers by itself and lets nobody word has none. */
  readonly responseType?: string;
  readonly status: number;
  /** What the header x-amzn-ErrorType says. */
  readonly errorType: string;
  readonly message: string;
}

/**
 * What the service can refuse a request with, and how it words it where nobody else does.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export const occasions = {
  forbidden: { status: 403, errorType: 'ForbiddenException', message: 'Forbidden' },
  badRequest: { status: 400, errorType: 'BadRequestException', message: 'Bad Request' },
  urlTooLong: { status: 414, errorType: 'RequestURITooLongException', message: 'Request-URI Too Long' },
  headersTooLarge: { status: 431, errorType: 'BadRequestException', message: 'Request Header Fields Too Large' },
  requestTooLarge: { status: 413, errorType: 'RequestTooLargeException', message: 'Request Too Long' },
  arnTooLong: {
    responseType: 'DEFAULT_4XX',
    status: 414,
    errorType: 'RequestURITooLongException',
    message: 'Request-URI Too Long',
  },
  noSuchMethod: {
    responseType: 'MISSING_AUTHENTICATION_TOKEN',
    status: 403,
    errorType: 'MissingAuthenticationTokenException',
    message: 'Missing Authentication Token',
  },
  accessDenied: {
    responseType: 'ACCESS_DENIED',
    status: 403,
    errorType: 'AccessDeniedException',
    message: 'User: anonymous is not authorized to perform: execute-api:Invoke',
  },
  badParameters: {
    responseType: 'BAD_REQUEST_PARAMETERS',
    status: 400,
    errorType: 'BadRequestException',
    message: 'Missing required request parameters',
  },
  throttled: {
    responseType: 'THROTTLED',
    status: 429,
    errorType: 'TooManyRequestsException',
    message: 'Too Many Requests',
  },
  functionThrottled: {
    responseType: 'DEFAULT_5XX',
    status: 500,
    errorType: 'InternalServerErrorException',
    message: 'Internal server error',
  },
  functionFailed: {
    responseType: 'DEFAULT_5XX',
    status: 502,
    errorType: 'InternalServerErrorException',
    message: 'Internal server error',
  },
  integrationTimeout: {
    responseType: 'INTEGRATION_TIMEOUT',
    status: 504,
    errorType: 'InternalServerErrorException',
    message: 'Endpoint request timed out',
  },
} as const satisfies Record<string, Occasion>;

/** A request that the gateway answers itself. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /** @param detail the message, where it says more than the occasion's. */
  constructor(
    readonly occasion: Occasion,
    detail?: string,
    options?: ErrorOptions,
  ) {
    super(detail ?? occasion.message, options);
  }
}
