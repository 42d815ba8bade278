import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import type { ForwarderFunction, ForwarderFunctionProps } from '../../constructs/forwarder-function';
import { gatewayErrors } from '../../constructs/gateway-responses';
import type { RestApiGateway, RestApiGatewayProps } from '../../constructs/rest-api-gateway';
import { emptyStack } from '../empty-stack';
import { type Block, SynthesizedStack } from '../synthesized';
import { type Edit, withEdits } from './edited-sources';

interface Constructs {
  RestApiGateway: typeof RestApiGateway;
  ForwarderFunction: typeof ForwarderFunction;
}

const load = (...edits: Edit[]) => withEdits<Constructs>(['rest-api-gateway.ts', 'forwarder-function.ts'], ...edits);

const streaming: RestApiGatewayProps['forwarder'] = {
  functionName: 'searchgate-search',
  integrationUri: 'arn:one',
  responseMode: 'streaming',
};

const props: RestApiGatewayProps = {
  name: 'searchgate-search',
  forwarder: streaming,
  allowedCidrs: ['203.0.113.0/24'],
  requireAuthorization: true,
  throttle: { rate: 50, burst: 100 },
  timeout: 29,
  logRetention: 14,
};

function door({ RestApiGateway: Gateway }: Constructs, changes: Partial<RestApiGatewayProps> = {}): SynthesizedStack {
  const stack = emptyStack();
  new Gateway(stack, 'gateway', { ...props, ...changes });
  return new SynthesizedStack(Testing.synth(stack));
}

/** The local whose hash replaces the deployment when it changes. */
function fingerprinted(stack: SynthesizedStack): Block {
  const { triggers } = stack.only('aws_api_gateway_deployment');
  const [, local = ''] = /^\$\{sha256\(jsonencode\(local\.(\w+)\)\)\}$/.exec(triggers.served) ?? [];
  const input = stack.document.locals[local];
  if (input === undefined) throw new Error(`no local is hashed in ${JSON.stringify(triggers)}`);
  return input;
}

/** Edits of properties, each by its name. */
const propertyEdits: Record<string, Partial<RestApiGatewayProps>> = {
  'the description': { description: 'another' },
  'the allowlist in the policy': { allowedCidrs: ['203.0.113.0/25'] },
  'the required header': { requireAuthorization: false },
  'the preflight': { allowPreflight: true },
  "the integration's timeout": { timeout: 28 },
  "the integration's mode": { forwarder: { ...streaming, responseMode: 'buffered' } },
  "the integration's URI": { forwarder: { ...streaming, integrationUri: 'arn:two' } },
};

const routes = (original: string, edited: string): Edit => ({ file: 'proxy-routes.ts', original, edited });
const api = (original: string, edited: string): Edit => ({ file: 'rest-api-gateway.ts', original, edited });

/** Edits of what the sources say, each by its name. */
const sourceEdits: Record<string, Edit> = {
  'the binary types': api("['*/*']", "['image/*']"),
  'the default endpoint': api('disableExecuteApiEndpoint: true', 'disableExecuteApiEndpoint: false'),
  "the policy's effect": api("Effect: 'Allow'", "Effect: 'Deny'"),
  'a method': routes("this.route(id, resourceId, 'ANY'", "this.route(id, resourceId, 'POST'"),
  "a method's authorization": routes("authorization: 'NONE'", "authorization: 'AWS_IAM'"),
  'a path': routes("this.everyMethod('proxy', everything.id, '/{proxy+}')", ''),
  "the integration's type": routes("type: 'AWS_PROXY'", "type: 'AWS'"),
  "the integration's method": routes("integrationHttpMethod: 'POST'", "integrationHttpMethod: 'GET'"),
  ...Object.fromEntries(
    gatewayErrors({ authorizationRequired: true }).flatMap(({ responseType }) =>
      Object.entries({
        status: 'status: 418',
        template: "reason: 'another'",
        header: "headers: { ...error.headers, 'X-Edited': 'yes' }",
      }).map(([part, edited]): [string, Edit] => [
        `the ${part} of ${responseType}`,
        {
          file: 'gateway-responses.ts',
          original: 'return occasions(options.authorizationRequired)',
          edited: `return occasions(options.authorizationRequired).map((error) =>
            error.responseType === '${responseType}' ? { ...error, ${edited} } : error)`,
        },
      ]),
    ),
  ),
};

/** What holds for every door, however its constructs come to be. */
const checks = {
  'an edited property of a door is another deployment': async (edits: Edit[]) => {
    const constructs = await load(...edits);
    const before = fingerprinted(door(constructs));
    for (const [name, changes] of Object.entries(propertyEdits)) {
      expect([name, fingerprinted(door(constructs, changes))]).not.toEqual([name, before]);
    }
  },
  'an edited source of what a door serves is another deployment': async (edits: Edit[]) => {
    const before = fingerprinted(door(await load(...edits)));
    for (const [name, edit] of Object.entries(sourceEdits)) {
      expect([name, fingerprinted(door(await load(edit, ...edits)))]).not.toEqual([name, before]);
    }
  },
  'whatever the gateway is told, the fingerprint holds': async (edits: Edit[]) => {
    const stack = door(await load(...edits), {
      forwarder: { ...streaming, responseMode: 'buffered' },
      allowPreflight: true,
      cache: { size: 0.5, ttl: 60, paths: ['/ui'] },
    });
    const { api = {}, routes = [], responses = [] } = fingerprinted(stack);
    const { endpoint_configuration: _, ...restApi } = stack.only('aws_api_gateway_rest_api');
    expect(snakeCase(api)).toEqual(restApi);
    const told = Object.values(stack.all('aws_api_gateway_gateway_response')).map(withoutReferences);
    expect(told).toHaveLength(20);
    for (const response of told) expect(responses.map(snakeCase)).toContainEqual(response);
    const steps = ['method', 'integration'].flatMap((kind) =>
      Object.values(stack.all(`aws_api_gateway_${kind}`)).map(withoutReferences),
    );
    expect(steps).toHaveLength(18);
    for (const step of steps) expect(routes.map(snakeCase)).toContainEqual(expect.objectContaining(step));
  },
};

/** A block without ids and other references, which an edit leaves as they are. */
function withoutReferences(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => !/^\$\{aws_\w+\.[\w-]+\.\w+\}$/.test(value)));
}

function snakeCase(block: Block): Block {
  return Object.fromEntries(
    Object.entries(block).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

describe('the fingerprint of what a door serves', () => {
  test.each(Object.entries(checks))('%s', async (_, check) => {
    await check([]);
  });

  test('the same door is the same deployment', async () => {
    expect(fingerprinted(door(await load()))).toEqual(fingerprinted(door(await load())));
  });

  test('what is not part of a deployment does not make another: throttling, log retention', async () => {
    const constructs = await load();
    const before = fingerprinted(door(constructs));
    expect(fingerprinted(door(constructs, { throttle: { rate: 1, burst: 1 }, logRetention: 1 }))).toEqual(before);
  });
});

describe('a change of the Lambda code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-code-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const forwarderProps: ForwarderFunctionProps = {
    functionName: 'searchgate-search',
    service: 'search',
    origin: { addresses: ['10.42.0.10'], port: 9200, serverName: 'search.searchgate.internal', authority: 'PEM' },
    responseMode: 'streaming',
    subnetIds: ['subnet-1'],
    securityGroupIds: ['sg-1'],
    timeout: 29,
    memory: 256,
    logRetention: 14,
  };

  function withCode({ RestApiGateway: Gateway, ForwarderFunction: Forwarder }: Constructs): SynthesizedStack {
    const stack = emptyStack();
    const forwarder = new Forwarder(stack, 'forwarder', forwarderProps);
    new Gateway(stack, 'gateway', { ...props, forwarder });
    return new SynthesizedStack(Testing.synth(stack));
  }

  test('is no other deployment of the API', async () => {
    const entry = join(folder, 'index.ts');
    writeFileSync(entry, "export const streaming = async () => 'another';\n");
    const before = withCode(await load());
    const after = withCode(
      await load({
        file: 'forwarder-function.ts',
        original: "join(__dirname, '../lambda-src/forwarder/index.ts')",
        edited: JSON.stringify(entry),
      }),
    );
    const hash = (stack: SynthesizedStack) => stack.only('aws_lambda_function').source_code_hash;
    expect(hash(after)).not.toBe(hash(before));
    expect(fingerprinted(after)).toEqual(fingerprinted(before));
  });
});

describe('a fault planted in the fingerprint', () => {
  const served = "new TerraformLocal(this, 'served', props.served)";
  const faults: Record<string, Edit & { breaks: (keyof typeof checks)[] }> = {
    'ids alone': {
      file: 'api-stage.ts',
      original: served,
      edited: "new TerraformLocal(this, 'served', props.dependables.map(({ fqn }) => '${' + fqn + '.id}'))",
      breaks: [
        'an edited property of a door is another deployment',
        'an edited source of what a door serves is another deployment',
        'whatever the gateway is told, the fingerprint holds',
      ],
    },
    'gateway responses left out': {
      file: 'rest-api-gateway.ts',
      original: 'responses: responses.map(({ response }) => response)',
      edited: 'responses: []',
      breaks: ['an edited source of what a door serves is another deployment'],
    },
    "the integration's timeout left out": {
      file: 'proxy-routes.ts',
      original: 'requestValidatorId: guarded, ...integration }',
      edited: 'requestValidatorId: guarded, ...integration, timeoutMilliseconds: 0 }',
      breaks: ['an edited property of a door is another deployment'],
    },
  };

  test.each(
    Object.entries(faults).flatMap(([name, { breaks, ...edit }]) =>
      breaks.map((check) => [name, check, edit] as const),
    ),
  )('%s breaks: %s', async (_, check, edit) => {
    await expect(checks[check]([edit])).rejects.toThrow(/expect/);
  });

  test('a fault that no longer applies is noticed', async () => {
    await expect(load({ file: 'api-stage.ts', original: 'what nobody wrote', edited: '' })).rejects.toThrow('0 times');
  });
});
