import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { Construct } from 'constructs';
import type { PrivateCertificateAuthority } from './private-certificate-authority';

export interface ServerCertificateProps {
  readonly authority: PrivateCertificateAuthority;
  /** Host names that the certificate carries; the first is its common name too. How many there are is fixed at synth. */
  readonly dnsNames: readonly string[];
  /** IPv4 addresses that it carries. */
  readonly ipAddresses: readonly string[];
  /** Whether its server also shows it where it is the client itself, as nodes of a cluster do. Fixed at synth. @default false */
  readonly alsoClient?: boolean;
  /** How long it is valid, in hours. @default two years */
  readonly validityHours?: number;
  /** From how many hours before its end on a deploy renews it. @default one year */
  readonly renewalHours?: number;
}

const year = 365 * 24;

/**
 * A server's certificate under the private authority, with an ECDSA key of its own. Any deploy in the second of its two years
 * renews it, so who deploys once a year never sees it expire.
 */
export class ServerCertificate extends Construct {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8, secret. */
  readonly privateKey: string;

  constructor(scope: Construct, id: string, props: ServerCertificateProps) {
    super(scope, id);
    const key = new PrivateKey(this, 'key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
    const request = new CertRequest(this, 'request', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: props.dnsNames[0] ?? '' }],
      dnsNames: [...props.dnsNames],
      ipAddresses: [...props.ipAddresses],
    });
    const certificate = new LocallySignedCert(this, 'certificate', {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: props.authority.privateKey,
      caCertPem: props.authority.certificate,
      setSubjectKeyId: true,
      validityPeriodHours: props.validityHours ?? 2 * year,
      earlyRenewalHours: props.renewalHours ?? year,
      allowedUses: ['digital_signature', 'server_auth', ...(props.alsoClient ? ['client_auth'] : [])],
    });
    this.certificate = certificate.certPem;
    this.privateKey = key.privateKeyPemPkcs8;
  }
}
