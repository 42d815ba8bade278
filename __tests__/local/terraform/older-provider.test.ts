import { type Configuration, pinnedProviders } from '../../../local/terraform/configuration';
import { forOlderProvider } from '../../../local/terraform/older-provider';

const configuration: Configuration = {
  terraform: { required_providers: { aws: { source: 'aws', version: '6.25.0' } } },
  resource: {
    aws_api_gateway_integration: {
      root: {
        uri: 'arn:…/response-streaming-invocations',
        response_transfer_mode: 'STREAM',
        timeout_milliseconds: 900_000,
      },
    },
    aws_lambda_function: {
      forwarder: { runtime: 'nodejs24.x', handler: 'index.streaming' },
      other: { runtime: 'nodejs22.x', region: 'us-west-2' },
    },
  },
  data: { aws_ssm_parameter: { ami: { name: '/aws/service/x', region: 'us-east-1' } } },
  output: { address: { value: 'x' } },
};

describe('a configuration for an older AWS provider', () => {
  const { configuration: older, differences } = forOlderProvider('search', configuration, '5.100.0');

  it('leaves out arguments, replaces values and lowers numbers that only younger versions know', () => {
    expect(older.resource?.aws_api_gateway_integration?.root).toEqual({
      uri: 'arn:…/response-streaming-invocations',
      timeout_milliseconds: 300_000,
    });
    expect(older.resource?.aws_lambda_function).toEqual({
      forwarder: { runtime: 'nodejs22.x', handler: 'index.streaming' },
      other: { runtime: 'nodejs22.x' },
    });
    expect(older.data?.aws_ssm_parameter?.ami).toEqual({ name: '/aws/service/x' });
  });

  it('names each change with its address, what was and what is', () => {
    expect(differences.map(({ stack, address, change }) => `${stack} ${address}: ${change}`)).toEqual([
      'search aws_api_gateway_integration.root: response_transfer_mode = "STREAM" left out',
      'search aws_api_gateway_integration.root: timeout_milliseconds 900000 → 300000',
      'search aws_lambda_function.forwarder: runtime nodejs24.x → nodejs22.x',
      'search aws_lambda_function.other: region = "us-west-2" left out',
      'search data.aws_ssm_parameter.ami: region = "us-east-1" left out',
    ]);
  });

  it('carries everything else along and leaves what it was given alone', () => {
    expect(older.output).toEqual(configuration.output);
    expect(older.terraform).toEqual(configuration.terraform);
    expect(configuration.resource?.aws_lambda_function?.forwarder?.runtime).toBe('nodejs24.x');
  });

  it('is the very same with the pinned version and with a younger one', () => {
    for (const version of ['6.25.0', '6.30.1', '7.0.0']) {
      expect(forOlderProvider('search', configuration, version)).toEqual({ configuration, differences: [] });
    }
  });

  it('sets back only what a version between lacks', () => {
    const { differences } = forOlderProvider('search', configuration, '6.22.0');
    expect(differences.map(({ change }) => change.split(' ')[0])).toEqual([
      'response_transfer_mode',
      'timeout_milliseconds',
    ]);
  });
});

describe('the pinned providers', () => {
  it('are read from every stack, by namespace and name', () => {
    const tls = { terraform: { required_providers: { tls: { source: 'hashicorp/tls', version: '4.1.0' } } } };
    expect(pinnedProviders([configuration, tls])).toEqual({ 'hashicorp/aws': '6.25.0', 'hashicorp/tls': '4.1.0' });
  });
});
