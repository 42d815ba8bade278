import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../../local/terraform/configuration';
import { standInForTls } from '../../../local/terraform/tls-stand-in';
import { describeWith } from '../../requirements';

const certificates: Configuration = {
  terraform: {
    required_providers: {
      aws: { source: 'aws', version: '6.25.0' },
      tls: { source: 'hashicorp/tls', version: '4.1.0' },
    },
  },
  provider: { aws: [{ region: 'us-east-1' }], tls: [{}] },
  resource: {
    tls_private_key: {
      'ca-key': { algorithm: 'ECDSA', ecdsa_curve: 'P256' },
      'node-0-key': { algorithm: 'ECDSA', ecdsa_curve: 'P256' },
    },
    tls_self_signed_cert: {
      ca: {
        private_key_pem: '${tls_private_key.ca-key.private_key_pem}',
        subject: [{ common_name: 'an authority' }],
        is_ca_certificate: true,
        validity_period_hours: 87_600,
        allowed_uses: ['cert_signing', 'crl_signing'],
      },
    },
    tls_cert_request: {
      'node-0-request': {
        private_key_pem: '${tls_private_key.node-0-key.private_key_pem}',
        subject: [{ common_name: 'search.example.internal' }],
        dns_names: ['search.example.internal', 'localhost'],
        ip_addresses: ['127.0.0.1', '${cidrhost(cidrsubnet("10.42.0.0/16", 4, 0), 10)}'],
      },
    },
    tls_locally_signed_cert: {
      'node-0': {
        cert_request_pem: '${tls_cert_request.node-0-request.cert_request_pem}',
        ca_private_key_pem: '${tls_private_key.ca-key.private_key_pem}',
        ca_cert_pem: '${tls_self_signed_cert.ca.cert_pem}',
        validity_period_hours: 17_520,
        allowed_uses: ['digital_signature', 'server_auth'],
        lifecycle: { create_before_destroy: true },
      },
    },
    aws_ssm_parameter: {
      ca: { value: '${tls_self_signed_cert.ca.cert_pem}', depends_on: ['tls_private_key.ca-key', 'aws_x.y'] },
      certificate: { value: '${trimspace(tls_locally_signed_cert.node-0.cert_pem)}' },
      key: { value: '${tls_private_key.node-0-key.private_key_pem_pkcs8}' },
    },
  },
};

describeWith(['openssl', 'terraform'], 'the stand-in for the tls provider', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const rewritten = () => standInForTls('certificates', certificates, join(folder, 'kept')).configuration;
  const value = (name: string): string => {
    const { locals, resource } = rewritten();
    const local = /local\.([\w-]+)/.exec(String(resource?.aws_ssm_parameter?.[name]?.value))?.[1] ?? '';
    return String(locals?.[local]);
  };

  it('leaves no tls resource, provider or reference behind', () => {
    const { locals: _, ...rest } = rewritten();
    expect(JSON.stringify(rest)).not.toMatch(/[^.]tls_|"tls"/);
    expect(rest.provider).toEqual({ aws: [{ region: 'us-east-1' }] });
    expect(rest.resource?.aws_ssm_parameter?.ca?.depends_on).toEqual(['aws_x.y']);
  });

  it('keeps the expressions around the references', () => {
    expect(rewritten().resource?.aws_ssm_parameter?.certificate?.value).toMatch(/^\$\{trimspace\(local\.[\w-]+\)\}$/);
  });

  it('makes an authority for ten years', () => {
    const authority = new X509Certificate(value('ca'));
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(Date.parse(authority.validTo) - Date.now()).toBeGreaterThan(87_500 * 3_600_000);
  });

  it('makes a leaf under it that carries the names and addresses and fits its key', () => {
    const leaf = new X509Certificate(value('certificate'));
    expect(leaf.verify(new X509Certificate(value('ca')).publicKey)).toBe(true);
    expect(leaf.checkHost('search.example.internal')).toBe('search.example.internal');
    expect(leaf.checkHost('other.example.internal')).toBeUndefined();
    expect(leaf.checkIP('10.42.0.10')).toBe('10.42.0.10');
    expect(leaf.ca).toBe(false);
    expect(value('key')).toContain('BEGIN PRIVATE KEY');
    expect(leaf.checkPrivateKey(createPrivateKey(value('key')))).toBe(true);
  });

  it('gives the same configuration the same values again, so that a second deployment changes nothing', () => {
    expect(rewritten()).toEqual(rewritten());
  });

  it('makes a new leaf and keeps the authority when the leaf is to carry another name', () => {
    const changed = JSON.parse(JSON.stringify(certificates).replace('"localhost"', '"another"')) as Configuration;
    const after = standInForTls('certificates', changed, join(folder, 'kept')).configuration.locals;
    const before = rewritten().locals;
    expect(after?.tls_self_signed_cert__ca__cert_pem).toBe(before?.tls_self_signed_cert__ca__cert_pem);
    expect(after?.['tls_locally_signed_cert__node-0__cert_pem']).not.toBe(
      before?.['tls_locally_signed_cert__node-0__cert_pem'],
    );
  });

  it('keeps keys where only this user can read them', () => {
    rewritten();
    for (const name of readdirSync(join(folder, 'kept')))
      expect(statSync(join(folder, 'kept', name)).mode & 0o077).toBe(0);
  });

  it('refuses what it can not make, by name', () => {
    const rsa = { resource: { tls_private_key: { key: { algorithm: 'RSA' } } } };
    expect(() => standInForTls('certificates', rsa, folder)).toThrow(/ECDSA keys only, not RSA/);
    const other = { resource: { ...certificates.resource, x: { y: { value: '${tls_self_signed_cert.ca.id}' } } } };
    expect(() => standInForTls('certificates', other, folder)).toThrow(/does not make id of tls_self_signed_cert/);
  });

  it('returns a stack without tls resources as it is', () => {
    const network = { resource: { aws_vpc: { vpc: {} } } };
    expect(standInForTls('network', network, folder)).toEqual({ configuration: network, differences: [] });
  });
});
