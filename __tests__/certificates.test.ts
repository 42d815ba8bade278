import { X509Certificate } from 'node:crypto';
import { type CertificateAuthority, makeCertificateAuthority } from './certificates';
import { describeWith } from './requirements';

describeWith(['openssl'], 'certificates for tests', () => {
  let authority: CertificateAuthority;
  let ca: X509Certificate;
  beforeAll(() => {
    authority = makeCertificateAuthority();
    ca = new X509Certificate(authority.certificate);
  });
  afterAll(() => authority.remove());

  it('are signed by their authority for every name asked for', () => {
    const leaf = new X509Certificate(authority.issue(['search.searchgate.internal', '127.0.0.1']).certificate);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkHost('search.searchgate.internal')).toBe('search.searchgate.internal');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('kibana.searchgate.internal')).toBeUndefined();
    expect(new Date(leaf.validTo).getTime()).toBeGreaterThan(Date.now());
  });

  it('can be expired', () => {
    const leaf = new X509Certificate(authority.issue(['search.searchgate.internal'], { expired: true }).certificate);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(new Date(leaf.validTo).getTime()).toBeLessThan(Date.now());
  });
});
