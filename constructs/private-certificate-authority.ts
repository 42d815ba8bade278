import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';

export interface PrivateCertificateAuthorityProps {
  /** The authority's common name. */
  readonly commonName: string;
  /** How long its certificate is valid, in hours. @default ten years */
  readonly validityHours?: number;
}

/** Ten years of 365 days. */
const tenYears = 10 * 365 * 24;

/**
 * A certificate authority of our own, for the way between forwarders and hosts. Its key never leaves the Terraform state, so the
 * stack that holds it needs a state that nobody else reads.
 */
export class PrivateCertificateAuthority extends Construct {
  /** PEM. */
  readonly certificate: string;
  /** PEM, secret. */
  readonly privateKey: string;

  constructor(scope: Construct, id: string, props: PrivateCertificateAuthorityProps) {
    super(scope, id);
    const key = new PrivateKey(this, 'key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
    const certificate = new SelfSignedCert(this, 'certificate', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: props.commonName }],
      isCaCertificate: true,
      setSubjectKeyId: true,
      validityPeriodHours: props.validityHours ?? tenYears,
      allowedUses: ['cert_signing', 'crl_signing'],
    });
    this.certificate = certificate.certPem;
    this.privateKey = key.privateKeyPem;
  }
}
