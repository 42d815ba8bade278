import { AcmCertificate } from '@cdktf/provider-aws/lib/acm-certificate';
import { ApiGatewayBasePathMapping } from '@cdktf/provider-aws/lib/api-gateway-base-path-mapping';
import { ApiGatewayDomainName } from '@cdktf/provider-aws/lib/api-gateway-domain-name';
import { ApiGatewayMethodSettings } from '@cdktf/provider-aws/lib/api-gateway-method-settings';
import { ApiGatewayRequestValidator } from '@cdktf/provider-aws/lib/api-gateway-request-validator';
import { ApiGatewayRestApi } from '@cdktf/provider-aws/lib/api-gateway-rest-api';
import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record';
import { type Block, expression, type SynthesizedStack, services, synthesized } from '../synthesized';

const search = synthesized().stack('search');
const kibana = synthesized().stack('kibana');
const lambda = search.only('aws_lambda_function');
const withSearch = (changes: Block) => synthesized(services({ search: changes })).stack('search');

/** Which path a resource id stands for. */
function path(stack: SynthesizedStack, resourceId: string): string {
  const name = /aws_api_gateway_resource\.(\w+)\.id/.exec(resourceId)?.[1];
  if (name === undefined) return '';
  const { parent_id, path_part } = stack.at(`aws_api_gateway_resource.${name}`);
  return `${path(stack, parent_id)}/${path_part}`;
}

/** The methods as `METHOD /path`, each with what it asks for and how it goes on. */
function routes(stack: SynthesizedStack): Record<string, { method: Block; integration: Block }> {
  return Object.fromEntries(
    Object.entries(stack.all('aws_api_gateway_method')).map(([name, method]) => {
      const integration = Object.values(stack.all('aws_api_gateway_integration')).find(
        ({ http_method }) => http_method === expression(`aws_api_gateway_method.${name}.http_method`),
      );
      if (integration === undefined) throw new Error(`${name} leads nowhere`);
      expect(integration.resource_id).toBe(method.resource_id);
      return [`${method.http_method} ${path(stack, method.resource_id) || '/'}`, { method, integration }];
    }),
  );
}

describe('the forwarder', () => {
  test('runs Node 24 on ARM in the VPC, traced, with a log of its own', () => {
    expect(search.json).toHaveResourceWithProperties(LambdaFunction, {
      function_name: 'searchgate-search',
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      tracing_config: { mode: 'Active' },
      memory_size: 256,
      timeout: 29,
    });
    expect(lambda.vpc_config.subnet_ids).toHaveLength(2);
    expect(lambda.vpc_config.security_group_ids).toEqual([expect.stringContaining('security_groups_forwarders_id')]);
  });

  test('has its log group before it runs, so that none is made without an end to its lines', () => {
    expect(search.at('aws_cloudwatch_log_group.forwarder_log_group')).toEqual({
      name: '/aws/lambda/searchgate-search',
      retention_in_days: 14,
    });
    expect(lambda.logging_config).toMatchObject({
      log_group: expression('aws_cloudwatch_log_group.forwarder_log_group.name'),
      log_format: 'JSON',
      application_log_level: 'INFO', // its own lines pass
    });
    expect(lambda.depends_on).toEqual(['aws_iam_role_policy.forwarder_policy']);
  });

  test('has a role of its own, which may write its log, its traces and its network interface, and no more', () => {
    expect(lambda.role).toBe(expression('aws_iam_role.forwarder_role.arn'));
    const { Statement: statements } = JSON.parse(search.only('aws_iam_role_policy').policy);
    const actions: string[] = statements.flatMap(({ Action }: Block) => Action);
    expect(new Set(actions.map((action) => action.split(':')[0]))).toEqual(new Set(['logs', 'xray', 'ec2']));
    expect(
      actions.filter((action) => action.startsWith('ec2:') && !/NetworkInterface|Subnets|PrivateIp/.test(action)),
    ).toEqual([]);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    const logs = statements.find(({ Sid }: Block) => Sid === 'WriteOwnLog');
    expect(logs.Resource).toBe(`${expression('aws_cloudwatch_log_group.forwarder_log_group.arn')}:*`);
    expect(logs.Action).not.toContain('logs:CreateLogGroup');
  });

  test('knows its origin as a list of one address, and nothing secret', () => {
    expect(lambda.environment.variables).toEqual({
      SERVICE: 'search',
      ORIGIN_ADDRESSES: expression('cidrhost(cidrsubnet("10.42.0.0/16", 4, 0), 10)'),
      ORIGIN_PORT: '9200',
      ORIGIN_SERVER_NAME: 'search.searchgate.internal',
      ORIGIN_CA: expression('data.aws_ssm_parameter.authority.insecure_value'),
      DEBUG: 'false',
      POWER_STATE_URL: expect.stringMatching(/^https:.*\.s3\.us-east-1\.amazonaws\.com\/state\.json$/),
      WAKE: 'requests',
      WAKE_TOKEN_HASH: '',
      HOLD_SECONDS: '25',
      USE_NEEDS_CREDENTIALS: 'true',
    });
  });

  test('takes memory, timeout, concurrency, debug and log retention from the settings', () => {
    const changed = withSearch({ memory: 512, timeout: 120, reservedConcurrency: 20, debug: true, logRetention: 90 });
    expect(changed.only('aws_lambda_function')).toMatchObject({
      memory_size: 512,
      timeout: 120,
      reserved_concurrent_executions: 20,
      environment: { variables: { DEBUG: 'true' } },
    });
    for (const group of Object.values(changed.all('aws_cloudwatch_log_group')))
      expect(group.retention_in_days).toBe(90);
    expect(lambda).not.toHaveProperty('reserved_concurrent_executions'); // new accounts would refuse any
  });

  test('may be invoked by this API alone', () => {
    expect(search.only('aws_lambda_permission')).toMatchObject({
      action: 'lambda:InvokeFunction',
      principal: 'apigateway.amazonaws.com',
      source_arn: `${expression('aws_api_gateway_rest_api.gateway_api.execution_arn')}/*`,
    });
  });
});

describe('the REST API', () => {
  test('is regional, has no address of its own, and takes every body as bytes', () => {
    expect(search.json).toHaveResourceWithProperties(ApiGatewayRestApi, {
      name: 'searchgate-search',
      endpoint_configuration: { types: ['REGIONAL'] },
      disable_execute_api_endpoint: true,
      binary_media_types: ['*/*'],
    });
    expect(search.only('aws_api_gateway_rest_api')).not.toHaveProperty('minimum_compression_size');
  });

  test('passes every method on every path on to the forwarder', () => {
    const all = routes(search);
    expect(Object.keys(all).sort()).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const { method, integration } of Object.values(all)) {
      expect(method.authorization).toBe('NONE');
      expect(integration).toMatchObject({
        type: 'AWS_PROXY',
        integration_http_method: 'POST',
        timeout_milliseconds: 29_000,
      });
    }
  });

  test('lets in the addresses of the allowlist and nobody else, by its own policy', () => {
    const stack = withSearch({ allowedCidrs: ['203.0.113.0/24', '2001:db8::/48'] });
    expect(JSON.parse(stack.only('aws_api_gateway_rest_api').policy)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 'execute-api:Invoke',
          Resource: '*',
          Condition: { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/48'] } },
        },
      ],
    });
    expect(stack.all('aws_api_gateway_rest_api_policy')).toEqual({});
  });
});

describe('streaming or buffered', () => {
  const modes = (stack: SynthesizedStack) => ({
    handler: stack.only('aws_lambda_function').handler,
    integrations: Object.values(routes(stack)).map(({ integration }) => [
      integration.response_transfer_mode,
      integration.uri,
    ]),
  });

  test('handler, transfer mode and URI change together, by one value', () => {
    const arn = 'aws_lambda_function.forwarder_function.invoke_arn';
    const streaming = expression(
      `replace(replace(${arn}, "2015-03-31", "2021-11-15"), "/invocations", "/response-streaming-invocations")`,
    );
    expect(modes(search)).toEqual({
      handler: 'index.streaming',
      integrations: [
        ['STREAM', streaming],
        ['STREAM', streaming],
      ],
    });
    expect(modes(withSearch({ response: 'buffered' }))).toEqual({
      handler: 'index.buffered',
      integrations: [
        ['BUFFERED', expression(arn)],
        ['BUFFERED', expression(arn)],
      ],
    });
  });

  test('the gateway waits as long as the forwarder may take', () => {
    const patient = withSearch({ timeout: 300 });
    expect(patient.only('aws_lambda_function').timeout).toBe(300);
    for (const { integration } of Object.values(routes(patient)))
      expect(integration.timeout_milliseconds).toBe(300_000);
  });
});

describe('the required Authorization', () => {
  const asked = (stack: SynthesizedStack) =>
    Object.entries(routes(stack)).filter(
      ([, { method }]) =>
        method.request_parameters['method.request.header.Authorization'] === true &&
        method.request_validator_id ===
          expression('aws_api_gateway_request_validator.gateway_authorization_validator.id'),
    );

  test('is checked before anything runs, on every path of Elasticsearch', () => {
    expect(search.json).toHaveResourceWithProperties(ApiGatewayRequestValidator, {
      validate_request_parameters: true,
      validate_request_body: false,
    });
    expect(
      asked(search)
        .map(([route]) => route)
        .sort(),
    ).toEqual(['ANY /', 'ANY /{proxy+}']);
  });

  test('is not asked of Kibana, which logs in with a cookie', () => {
    expect(kibana.json).not.toHaveResource(ApiGatewayRequestValidator);
    expect(asked(kibana)).toEqual([]);
    expect(Object.keys(routes(kibana))).toHaveLength(2);
  });

  test('is not asked of preflights where they are let through', () => {
    const stack = withSearch({ allowPreflight: true });
    expect(Object.keys(routes(stack)).sort()).toEqual(['ANY /', 'ANY /{proxy+}', 'OPTIONS /', 'OPTIONS /{proxy+}']);
    expect(
      asked(stack)
        .map(([route]) => route)
        .sort(),
    ).toEqual(['ANY /', 'ANY /{proxy+}']);
  });
});

describe('the cache', () => {
  const cached = withSearch({
    response: 'buffered',
    allowPreflight: true,
    cache: { size: 1.6, paths: ['/ui', '/proxy'], ttl: 60 },
  });
  const settings = Object.values(cached.all('aws_api_gateway_method_settings'));

  test('is off unless asked for', () => {
    expect(search.only('aws_api_gateway_stage')).not.toHaveProperty('cache_cluster_enabled');
    expect(Object.keys(search.all('aws_api_gateway_method_settings'))).toHaveLength(1);
  });

  test('keeps GET answers below the named paths, and no other', () => {
    expect(cached.only('aws_api_gateway_stage')).toMatchObject({
      cache_cluster_enabled: true,
      cache_cluster_size: '1.6',
    });
    const on = settings.filter((block) => block.settings.caching_enabled === true);
    expect(on.map(({ method_path }) => method_path).sort()).toEqual(['proxy/{proxy+}/GET', 'ui/{proxy+}/GET']);
    for (const block of on)
      expect(block.settings).toMatchObject({ cache_ttl_in_seconds: 60, cache_data_encrypted: true });
  });

  test('tells apart who asks, for what, and in which compression', () => {
    const { integration, method } = routes(cached)['GET /ui/{proxy+}'] ?? {};
    expect(integration?.cache_key_parameters).toEqual([
      'method.request.path.proxy',
      'method.request.header.Accept-Encoding',
      'method.request.header.Authorization',
    ]);
    for (const key of integration?.cache_key_parameters ?? []) expect(method?.request_parameters).toHaveProperty([key]);
  });

  test('lets preflights through as everywhere', () => {
    const open = Object.entries(routes(cached)).filter(([, { method }]) => method.request_validator_id === undefined);
    expect(open.map(([route]) => route).sort()).toEqual(
      ['/', '/{proxy+}', '/ui', '/ui/{proxy+}', '/proxy', '/proxy/{proxy+}'].map((path) => `OPTIONS ${path}`).sort(),
    );
  });

  test('throttles what it caches like all the rest', () => {
    expect(settings).toHaveLength(3);
    for (const block of settings) {
      expect(block.settings).toMatchObject({ throttling_rate_limit: 100, throttling_burst_limit: 400 });
    }
  });
});

describe('the stage', () => {
  const stage = search.only('aws_api_gateway_stage');

  test('shows a deployment that is made before the old one goes, after all that it serves', () => {
    expect(stage.deployment_id).toBe(expression('aws_api_gateway_deployment.gateway_live_deployment.id'));
    const deployment = search.only('aws_api_gateway_deployment');
    expect(deployment.lifecycle).toEqual({ create_before_destroy: true });
    expect(deployment).not.toHaveProperty('stage_name'); // the stage is a resource of its own
    const served = Object.keys(search.resources).filter((address) =>
      /^aws_api_gateway_(method|integration|gateway_response)\./.test(address),
    );
    expect(served.length).toBeGreaterThan(20);
    expect(deployment.depends_on).toEqual(expect.arrayContaining(served));
  });

  test('writes one JSON line a request, without headers or query, which may hold secrets', () => {
    const { destination_arn, format } = stage.access_log_settings;
    expect(destination_arn).toBe(expression('aws_cloudwatch_log_group.gateway_live_access_log.arn'));
    expect(format).not.toContain('\n');
    const fields = JSON.parse(format);
    expect(fields).toMatchObject({ requestId: '$context.requestId', status: '$context.status', path: '$context.path' });
    for (const value of Object.values<string>(fields)) expect(value).toMatch(/^\$context\.[A-Za-z.]+$/);
    expect(format).not.toMatch(/header|querystring|authorizer|resourcePath/i);
  });

  test('throttles by the settings, on every method, and bills no metrics', () => {
    expect(search.json).toHaveResourceWithProperties(ApiGatewayMethodSettings, { method_path: '*/*' });
    const slow = withSearch({ throttle: { rate: 5, burst: 7 } }).only('aws_api_gateway_method_settings');
    expect(slow.method_path).toBe('*/*');
    expect(slow.settings).toMatchObject({
      throttling_rate_limit: 5,
      throttling_burst_limit: 7,
      metrics_enabled: false,
      data_trace_enabled: false,
    });
  });

  test('is traced', () => {
    expect(stage.xray_tracing_enabled).toBe(true);
  });
});

describe('the host name', () => {
  const records = (stack: SynthesizedStack) => Object.values(stack.all('aws_route53_record'));
  const aliases = (stack: SynthesizedStack) => records(stack).filter(({ alias }) => alias !== undefined);

  test('has a certificate that DNS proves, replaced without a gap', () => {
    expect(search.json).toHaveResourceWithProperties(AcmCertificate, {
      domain_name: 'search.example.com',
      validation_method: 'DNS',
      lifecycle: { create_before_destroy: true },
    });
    const [proof, ...further] = records(search).filter(({ alias }) => alias === undefined);
    expect(further).toEqual([]);
    expect(proof?.name).toContain('domain_validation_options');
    expect(search.only('aws_acm_certificate_validation')).toEqual({
      certificate_arn: expression('aws_acm_certificate.domain_certificate.arn'),
      validation_record_fqdns: [expression('aws_route53_record.domain_validation_record.fqdn')],
    });
  });

  test('is a regional domain with TLS 1.2, which waits for the proof, and leads to the stage', () => {
    expect(search.json).toHaveResourceWithProperties(ApiGatewayDomainName, {
      domain_name: 'search.example.com',
      security_policy: 'TLS_1_2',
      regional_certificate_arn: expression('aws_acm_certificate_validation.domain_validation.certificate_arn'),
    });
    expect(search.json).toHaveResourceWithProperties(ApiGatewayBasePathMapping, {
      domain_name: expression('aws_api_gateway_domain_name.domain_name.domain_name'),
      api_id: expression('aws_api_gateway_rest_api.gateway_api.id'),
      stage_name: expression('aws_api_gateway_stage.gateway_live_stage.stage_name'),
    });
    expect(search.only('aws_api_gateway_base_path_mapping')).not.toHaveProperty('base_path');
  });

  test('points to it with an A record, and to nothing over IPv6', () => {
    expect(search.json).toHaveResourceWithProperties(Route53Record, { name: 'search.example.com', type: 'A' });
    expect(aliases(search).map(({ type }) => type)).toEqual(['A']);
    expect(search.only('aws_api_gateway_domain_name').endpoint_configuration).toEqual({
      types: ['REGIONAL'],
      ip_address_type: 'ipv4',
    });
  });

  test.each([
    ['names IPv6', ['203.0.113.0/24', '2001:db8::/48']],
    ['is open', ['0.0.0.0/0']],
    ['is open over IPv6', ['::/0']],
  ])('is dual-stack with an AAAA record where the allowlist %s', (_, allowedCidrs) => {
    const stack = withSearch({ allowedCidrs, wake: false });
    expect(
      aliases(stack)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['A', 'AAAA']);
    for (const { name, alias } of aliases(stack)) {
      expect(name).toBe('search.example.com');
      expect(alias.name).toBe(expression('aws_api_gateway_domain_name.domain_name.regional_domain_name'));
    }
    expect(stack.only('aws_api_gateway_domain_name').endpoint_configuration.ip_address_type).toBe('dualstack');
    const [{ Condition }] = JSON.parse(stack.only('aws_api_gateway_rest_api').policy).Statement;
    expect(Condition.IpAddress['aws:SourceIp'].some((cidr: string) => cidr.includes(':'))).toBe(true);
  });

  test('lies in the zone of the domain, found by name or given by id', () => {
    expect(search.json).toHaveDataSourceWithProperties(DataAwsRoute53Zone, {
      name: 'example.com',
      private_zone: false,
    });
    for (const { zone_id } of records(search)) expect(zone_id).toBe(expression('data.aws_route53_zone.zone.zone_id'));
    const given = synthesized({ domain: { name: 'sub.example.com', zoneId: 'Z0123456789ABC' } }).stack('search');
    expect(given.json).not.toHaveDataSource(DataAwsRoute53Zone);
    for (const { zone_id } of records(given)) expect(zone_id).toBe('Z0123456789ABC');
    expect(given.only('aws_api_gateway_domain_name').domain_name).toBe('search.sub.example.com');
  });

  test('can be another than the service is called', () => {
    const stack = withSearch({ subdomain: 'find' });
    expect(stack.only('aws_acm_certificate').domain_name).toBe('find.example.com');
    expect(stack.document.output.url.value).toBe('https://find.example.com');
  });
});

describe('a third service', () => {
  const third = { name: 'files', origin: 'custom', port: 8080, allowedCidrs: ['198.51.100.0/24'] };
  const files = synthesized(services({}, third)).stack('files');

  test('is a third entry in the settings: the same stack, for its own port and name', () => {
    const addresses = (stack: SynthesizedStack) => Object.keys(stack.resources).sort();
    expect(addresses(files)).toEqual(addresses(kibana));
    expect(files.only('aws_lambda_function')).toMatchObject({
      function_name: 'searchgate-files',
      environment: { variables: { ORIGIN_PORT: '8080', ORIGIN_SERVER_NAME: 'files.searchgate.internal' } },
    });
    expect(files.only('aws_api_gateway_domain_name').domain_name).toBe('files.example.com');
  });

  test('changes nothing of the two that are there', () => {
    const with3 = synthesized(services({}, third));
    expect(with3.stack('search').json).toBe(search.json);
    expect(with3.stack('kibana').json).toBe(kibana.json);
  });
});
