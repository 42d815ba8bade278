import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

/** A private CA as the certificates stack makes it (ECDSA P-256), with openssl; it goes with the object that holds it. */
export class CertificateAuthority {
  readonly certificate: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'authority-'));

  constructor(name: string) {
    this.openssl(
      'req',
      '-x509',
      ...curve,
      '-days',
      '3650',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      `/CN=${name}`,
    );
    this.certificate = this.read('ca.pem');
  }

  /** A server certificate for the names given, valid for some days. */
  issue(names: string | readonly string[], days = 397): Certificate {
    const [first = '', ...others] = [names].flat();
    this.openssl('req', ...curve, '-keyout', 'key', '-out', 'request', '-subj', `/CN=${first}`);
    const alternatives = [first, ...others].map((name) => `DNS:${name}`).join(',');
    writeFileSync(join(this.folder, 'extensions'), `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\n`);
    const signing = [
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      'extensions',
    ];
    this.openssl('x509', '-req', '-in', 'request', ...signing, '-out', 'certificate');
    return { certificate: this.read('certificate'), key: this.read('key') };
  }

  /** Forgets the CA's key. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  private openssl(...parameters: string[]): void {
    execFileSync('openssl', parameters, { cwd: this.folder, stdio: 'pipe' });
  }
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
