import { errorBody, gatewayErrors } from '../../constructs/gateway-responses';
import { type Block, synthesized } from '../synthesized';

/** Every type that can carry an answer of ours, with the status that the service gives it by itself. REQUEST_TOO_LARGE cannot. */
const types: Record<string, number | undefined> = {
  BAD_REQUEST_PARAMETERS: 400,
  BAD_REQUEST_BODY: 400,
  UNAUTHORIZED: 401,
  ACCESS_DENIED: 403,
  EXPIRED_TOKEN: 403,
  INVALID_API_KEY: 403,
  INVALID_SIGNATURE: 403,
  MISSING_AUTHENTICATION_TOKEN: 403,
  WAF_FILTERED: 403,
  RESOURCE_NOT_FOUND: 404,
  UNSUPPORTED_MEDIA_TYPE: 415,
  QUOTA_EXCEEDED: 429,
  THROTTLED: 429,
  API_CONFIGURATION_ERROR: 500,
  AUTHORIZER_CONFIGURATION_ERROR: 500,
  AUTHORIZER_FAILURE: 500,
  INTEGRATION_FAILURE: 504,
  INTEGRATION_TIMEOUT: 504,
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
};

/** What we answer instead of the service's own status. */
const ours: Record<string, number> = { INTEGRATION_FAILURE: 503 };

const vendor = /aws|amazon|amzn|lambda|api.?gateway|\barn\b|execute-api|cloudfront|invoke|\$context\.(?!requestId\b)/i;

/** A door's gateway responses by type. */
function responses(service: string): Record<string, Block> {
  const all = Object.values(synthesized().stack(service).all('aws_api_gateway_gateway_response'));
  return Object.fromEntries(all.map((block) => [block.response_type, block]));
}

/** A body as a client gets it: the variables filled in. */
const filled = (block: Block) =>
  block.response_templates['application/json'].replaceAll('$context.requestId', '5ad8f2a4-7f53-4f0c-b5fa-3c2b1f3f7c1e');

describe.each(['search', 'kibana'])('what the door of %s answers by itself', (service) => {
  const all = responses(service);

  test('covers every occasion there is, each once', () => {
    expect(Object.keys(all).sort()).toEqual(Object.keys(types).sort());
    expect(Object.keys(synthesized().stack(service).all('aws_api_gateway_gateway_response'))).toHaveLength(20);
  });

  test.each(Object.entries(types))(
    '%s has a status that fits, and a class of errors leaves it to the occasion',
    (type, status) => {
      const required = service === 'search' && type === 'BAD_REQUEST_PARAMETERS' ? 401 : undefined;
      const expected = required ?? ours[type] ?? status;
      expect(all[type]?.status_code).toBe(expected?.toString());
    },
  );

  test.each(Object.keys(types))("%s is JSON in Elasticsearch's shape, with the request's id", (type) => {
    const block = all[type] ?? {};
    expect(Object.keys(block.response_templates)).toEqual(['application/json']);
    const body = JSON.parse(filled(block));
    const { error } = body;
    expect(error).toEqual({
      root_cause: [{ type: error.type, reason: error.reason }],
      type: expect.stringMatching(/^[a-z_]+_exception$/),
      reason: expect.stringMatching(/^[a-z]/),
      request_id: '5ad8f2a4-7f53-4f0c-b5fa-3c2b1f3f7c1e',
    });
    expect(body.status?.toString()).toBe(block.status_code);
  });

  test.each(Object.keys(types))(
    '%s says nothing of whose service this is, nor of what stands behind the door',
    (type) => {
      const { response_templates, response_parameters } = all[type] ?? {};
      const said = JSON.stringify([response_templates, Object.values(response_parameters)]);
      expect(said).toMatch(/reason/);
      expect(said).not.toMatch(vendor);
      for (const header of Object.keys(response_parameters))
        expect(header).toMatch(/^gatewayresponse\.header\.[A-Za-z-]+$/);
      for (const value of Object.values<string>(response_parameters)) expect(value).toMatch(/^'[^']+'$/); // a literal
    },
  );

  test('says when to try again where that helps: too much, not reachable, too slow', () => {
    const retry = Object.entries(all)
      .filter(([, block]) => 'gatewayresponse.header.Retry-After' in block.response_parameters)
      .map(([type]) => type);
    expect(retry.sort()).toEqual(
      ['DEFAULT_5XX', 'INTEGRATION_FAILURE', 'INTEGRATION_TIMEOUT', 'QUOTA_EXCEEDED', 'THROTTLED'].sort(),
    );
    for (const type of retry) {
      expect(all[type]?.response_parameters['gatewayresponse.header.Retry-After']).toMatch(/^'\d+'$/);
    }
  });
});

describe('a missing Authorization', () => {
  const challenge = 'gatewayresponse.header.WWW-Authenticate';

  test('is answered with 401 and a challenge, so that browsers and clients ask for credentials', () => {
    const { BAD_REQUEST_PARAMETERS: missing, UNAUTHORIZED: refused } = responses('search');
    for (const block of [missing, refused]) {
      expect(block?.status_code).toBe('401');
      expect(block?.response_parameters[challenge]).toMatch(/^'Basic realm="[^"]+", charset="UTF-8"'$/);
    }
  });

  test('is nothing to Kibana, whose bad requests stay bad requests', () => {
    const { BAD_REQUEST_PARAMETERS: bad } = responses('kibana');
    expect(bad?.status_code).toBe('400');
    expect(bad?.response_parameters).not.toHaveProperty([challenge]);
  });
});

test('the check for wording finds it', () => {
  for (const telling of ['User: arn of role', 'AWS', 'x-amzn-RequestId', 'API Gateway', '$context.apiId', 'Lambda']) {
    expect(telling).toMatch(vendor);
  }
  expect('a warning about $context.requestId').not.toMatch(vendor);
});

test('bodies need no escaping: nothing that a client sends is part of them', () => {
  for (const error of gatewayErrors({ authorizationRequired: true })) {
    expect([...errorBody(error).matchAll(/\$[\w.]+/g)].map(([variable]) => variable)).toEqual(['$context.requestId']);
  }
});
