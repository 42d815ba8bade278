import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a certificate says, in the words of Terraform's tls provider. */
export interface CertificateContent {
  commonName: string;
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  /** Such as `cert_signing` or `server_auth`. */
  allowedUses: readonly string[];
  authority: boolean;
  validityHours: number;
}

/** Who signs: a certificate and its key, PEM. */
export interface Signer {
  certificate: string;
  key: string;
}

const keyUses: Readonly<Record<string, string>> = {
  digital_signature: 'digitalSignature',
  key_encipherment: 'keyEncipherment',
  key_agreement: 'keyAgreement',
  cert_signing: 'keyCertSign',
  crl_signing: 'cRLSign',
};
const extendedUses: Readonly<Record<string, string>> = { server_auth: 'serverAuth', client_auth: 'clientAuth' };

/**
 * A certificate made by openssl, PEM.
 *
 * @param key the subject's private key, PEM
 * @param signer who signs; without it the certificate is self-signed
 * @throws when openssl refuses, with its words
 */
export function issueCertificate(key: string, content: CertificateContent, signer?: Signer): string {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-certificate-'));
  try {
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const configuration = file('openssl.cnf', configurationText(content));
    const days = String(Math.ceil(content.validityHours / 24));
    const subject = ['-new', '-sha256', '-key', file('subject.key', key), '-config', configuration];
    if (signer === undefined) return openssl(['req', '-x509', ...subject, '-days', days, '-extensions', 'extensions']);
    const request = file('request.pem', openssl(['req', ...subject]));
    const authority = ['-CA', file('signer.pem', signer.certificate), '-CAkey', file('signer.key', signer.key)];
    const serial = ['-set_serial', `0x01${randomBytes(15).toString('hex')}`];
    const extensions = ['-extfile', configuration, '-extensions', 'extensions'];
    return openssl(['x509', '-req', '-sha256', '-in', request, ...authority, ...serial, '-days', days, ...extensions]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configurationText({ commonName, dnsNames, ipAddresses, allowedUses, authority }: CertificateContent): string {
  const names = [...dnsNames.map((name) => `DNS:${name}`), ...ipAddresses.map((address) => `IP:${address}`)].join(',');
  const uses = known(allowedUses, keyUses);
  const purposes = known(allowedUses, extendedUses);
  return [
    '[req]',
    'distinguished_name = subject',
    'prompt = no',
    '[subject]',
    `CN = ${commonName}`,
    '[extensions]',
    `basicConstraints = critical,CA:${authority ? 'TRUE' : 'FALSE'}`,
    'subjectKeyIdentifier = hash',
    authority ? '' : 'authorityKeyIdentifier = keyid',
    uses === '' ? '' : `keyUsage = critical,${uses}`,
    purposes === '' ? '' : `extendedKeyUsage = ${purposes}`,
    names === '' ? '' : `subjectAltName = ${names}`,
    '',
  ].join('\n');
}

function known(uses: readonly string[], names: Readonly<Record<string, string>>): string {
  return uses.flatMap((use) => names[use] ?? []).join(',');
}

function openssl(parameters: string[]): string {
  return execFileSync('openssl', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
