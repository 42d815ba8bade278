import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { type Block, expression, services, synthesized } from '../synthesized';

const third = { name: 'files', origin: 'custom', port: 8080, allowedCidrs: ['198.51.100.0/24'] };
const deployment = synthesized(services({}, third));
const stack = deployment.stack('certificates');
const year = 365 * 24;

/** The SSM parameters by their names. */
const parameters: Record<string, Block> = Object.fromEntries(
  Object.values(stack.all('aws_ssm_parameter')).map((block) => [block.name, block]),
);

describe('the private authority', () => {
  test('signs for ten years, certificates alone', () => {
    expect(stack.json).toHaveResourceWithProperties(SelfSignedCert, {
      is_ca_certificate: true,
      validity_period_hours: 10 * year,
      allowed_uses: ['cert_signing', 'crl_signing'],
    });
    expect(Object.keys(stack.all('tls_self_signed_cert'))).toEqual(['authority_certificate']);
  });

  test('is found by everybody in a plain parameter, which holds the certificate and not the key', () => {
    expect(stack.json).toHaveResourceWithProperties(SsmParameter, {
      name: '/searchgate/certificates/ca',
      type: 'String',
      value: expression('tls_self_signed_cert.authority_certificate.cert_pem'),
    });
    const published = Object.values(parameters).filter(({ value }) => value.includes('authority_key'));
    expect(published).toEqual([]);
  });
});

describe('a change of the authority', () => {
  const step = (authority: number, trusted: number[]) =>
    synthesized({ certificates: { authority, trusted } }).stack('certificates');
  const value = (of: typeof stack) =>
    Object.values(of.all('aws_ssm_parameter')).find(({ name }) => name === '/searchgate/certificates/ca')?.value;
  const pem = (number: string) => expression(`tls_self_signed_cert.authority${number}_certificate.cert_pem`);
  const signer = (of: typeof stack) => of.at('tls_locally_signed_cert.server_node_0_certificate').ca_cert_pem;

  test('goes by three deploys: trust both, sign with the new one, forget the old one', () => {
    const steps = [step(1, [1, 2]), step(2, [1, 2]), step(2, [2])] as const;
    expect(steps.map(value)).toEqual([pem('') + pem('_2'), pem('_2') + pem(''), pem('_2')]);
    expect(steps.map(signer)).toEqual([pem(''), pem('_2'), pem('_2')]);
    expect(steps.map((of) => Object.keys(of.all('tls_self_signed_cert')).sort())).toEqual([
      ['authority_2_certificate', 'authority_certificate'],
      ['authority_2_certificate', 'authority_certificate'],
      ['authority_2_certificate'],
    ]);
  });

  test('makes a new certificate for each server and no new key, and gives each authority a name of its own', () => {
    const [before, after] = [step(1, [1, 2]), step(2, [1, 2])];
    expect(after.all('tls_private_key')).toEqual(before.all('tls_private_key'));
    const names = Object.values(after.all('tls_self_signed_cert')).map(({ subject }) => subject[0].common_name);
    expect(names.sort()).toEqual(['searchgate private authority', 'searchgate private authority 2']);
  });

  test('nothing is another for a deployment that changes nothing', () => {
    expect(step(1, [1]).json).toBe(synthesized().stack('certificates').json);
  });
});

describe('the servers', () => {
  const servers = { 'node-0': 'server_node_0', kibana: 'server_kibana', files: 'server_files' };

  test('have a certificate each: every node one for Elasticsearch, every other service one', () => {
    expect(Object.keys(stack.all('tls_locally_signed_cert')).sort()).toEqual(
      Object.values(servers)
        .map((name) => `${name}_certificate`)
        .sort(),
    );
  });

  test('have keys of their own, on P-256', () => {
    const keys = Object.entries(stack.all('tls_private_key'));
    expect(keys.map(([name]) => name).sort()).toEqual(
      ['authority_key', ...Object.values(servers).map((name) => `${name}_key`)].sort(),
    );
    for (const [, key] of keys) expect(key).toEqual({ algorithm: 'ECDSA', ecdsa_curve: 'P256' });
  });

  test.each(Object.entries(servers))(
    '%s is signed by the authority for two years, renewed in the second',
    (_, name) => {
      expect(stack.at(`tls_locally_signed_cert.${name}_certificate`)).toMatchObject({
        ca_cert_pem: expression('tls_self_signed_cert.authority_certificate.cert_pem'),
        ca_private_key_pem: expression('tls_private_key.authority_key.private_key_pem'),
        cert_request_pem: expression(`tls_cert_request.${name}_request.cert_request_pem`),
        validity_period_hours: 2 * year,
        early_renewal_hours: year,
        allowed_uses: ['digital_signature', 'server_auth'],
      });
    },
  );

  const address = expression('cidrhost(cidrsubnet("10.42.0.0/16", 4, 0), 10)');
  test.each<[keyof typeof servers, string[]]>([
    ['node-0', ['search.searchgate.internal', 'node-0.searchgate.internal', 'localhost']],
    ['kibana', ['kibana.searchgate.internal', 'localhost']],
    ['files', ['files.searchgate.internal', 'localhost']],
  ])('%s carries the fixed name that forwarders check, and the address that it has', (server, names) => {
    expect(stack.at(`tls_cert_request.${servers[server]}_request`)).toMatchObject({
      dns_names: names,
      ip_addresses: ['127.0.0.1', address],
      subject: [{ common_name: names[0] }],
      private_key_pem: expression(`tls_private_key.${servers[server]}_key.private_key_pem`),
    });
  });

  test.each([
    ['search', 'node-0'],
    ['kibana', 'kibana'],
    ['files', 'files'],
  ] as const)(
    "the forwarder of %s checks a name that its server's certificate carries, at an address that it carries",
    (service, server) => {
      const { variables } = deployment.stack(service).only('aws_lambda_function').environment;
      const request: Block = stack.at(`tls_cert_request.${servers[server]}_request`);
      expect(request.dns_names).toContain(variables.ORIGIN_SERVER_NAME);
      expect(request.ip_addresses).toContain(variables.ORIGIN_ADDRESSES);
      expect(deployment.stack('host').only('aws_instance').private_ip).toBe(variables.ORIGIN_ADDRESSES);
    },
  );

  test.each(Object.entries(servers))(
    '%s finds its certificate in a plain parameter and its key in a secret one',
    (server, name) => {
      expect(parameters[`/searchgate/certificates/${server}/certificate`]).toMatchObject({
        type: 'String',
        value: expression(`tls_locally_signed_cert.${name}_certificate.cert_pem`),
      });
      expect(parameters[`/searchgate/certificates/${server}/key`]).toMatchObject({
        type: 'SecureString',
        value: expression(`tls_private_key.${name}_key.private_key_pem_pkcs8`),
      });
    },
  );

  test('have no key anywhere but in a SecureString', () => {
    const withKeys = Object.values(parameters).filter(({ value }) => /private_key/.test(value));
    expect(withKeys).toHaveLength(3);
    for (const { type } of withKeys) expect(type).toBe('SecureString');
    expect(Object.keys(parameters)).toHaveLength(7);
  });
});

describe('everybody else', () => {
  test('reads the authority by the name of its parameter', () => {
    for (const service of ['search', 'kibana', 'files']) {
      expect(deployment.stack(service).document.data.aws_ssm_parameter.authority.name).toBe(
        '/searchgate/certificates/ca',
      );
      expect(deployment.stack(service).only('aws_lambda_function').environment.variables.ORIGIN_CA).toBe(
        expression('data.aws_ssm_parameter.authority.insecure_value'),
      );
    }
  });

  test('reads no state of this stack: its key stands in its own backend only', () => {
    const key = 'searchgate/searchgate/certificates.tfstate';
    expect(stack.json).toContain(key);
    const readers = Object.entries(deployment.stacks).filter(([, { json }]) => json.includes(key));
    expect(readers.map(([name]) => name)).toEqual(['certificates']);
  });

  test('this stack reads no state either: its addresses come from the settings', () => {
    expect(stack.document.data).toBeUndefined();
    const moved = synthesized({ network: { cidr: '10.7.0.0/20', zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] } });
    expect(moved.stack('certificates').json).toContain('cidrhost(cidrsubnet(\\"10.7.0.0/20\\", 4, 0), 10)');
  });
});
