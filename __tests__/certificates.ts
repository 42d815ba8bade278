import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server's certificate and key, as PEM and as the files that hold them. */
export interface ServerCertificate {
  certificate: string;
  key: string;
  certificateFile: string;
  keyFile: string;
}

/** A private certificate authority (ECDSA P-256, as the deployed one), made by openssl in a temporary folder. */
export interface CertificateAuthority {
  /** The authority's own certificate, PEM: what a client has to trust. */
  certificate: string;
  certificateFile: string;
  folder: string;
  /** A server certificate for these DNS names or IP addresses; `expired` makes one whose day has passed, `client` one that a client may show too. Needs some 30 ms. */
  issue(names: readonly [string, ...string[]], options?: { expired?: boolean; client?: boolean }): ServerCertificate;
  /** Removes the folder. */
  remove(): void;
}

/**
 * Makes a private certificate authority. Call `remove()` in afterAll.
 *
 * @throws where openssl is missing or fails; use `describeWith(['openssl'], …)`, and call it in beforeAll: a skipped describe's body still runs.
 */
export function makeCertificateAuthority(commonName = 'Searchgate test CA'): CertificateAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-certificates-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });

  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256', '-days', '2'],
    ...['-subj', `/CN=${commonName}`, '-keyout', 'ca.key', '-out', 'ca.crt'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  // `openssl ca` is the one signer that takes arbitrary dates in every OpenSSL from 1.1.1 on.
  writeFileSync(file('index.txt'), '');
  let serial = 0;

  return {
    certificate: readFileSync(file('ca.crt'), 'utf8'),
    certificateFile: file('ca.crt'),
    folder,
    issue(names, { expired = false, client = false } = {}) {
      serial += 1;
      const name = `server-${serial}`;
      writeFileSync(file('serial'), `${serial.toString(16).padStart(2, '0')}\n`);
      writeFileSync(file(`${name}.cnf`), signingConfiguration(names, client));
      openssl(
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${names[0]}`],
        ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
      );
      const dates = expired ? ['20200101000000Z', '20200201000000Z'] : [dayFromNow(-1), dayFromNow(2)];
      openssl(
        ...['ca', '-batch', '-notext', '-config', `${name}.cnf`, '-in', `${name}.csr`, '-out', `${name}.crt`],
        ...['-startdate', dates[0] ?? '', '-enddate', dates[1] ?? ''],
      );
      return {
        certificate: readFileSync(file(`${name}.crt`), 'utf8'),
        key: readFileSync(file(`${name}.key`), 'utf8'),
        certificateFile: file(`${name}.crt`),
        keyFile: file(`${name}.key`),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function signingConfiguration(names: readonly string[], client: boolean): string {
  const alternatives = names.map((name) => `${isIP(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  return [
    '[ca]',
    'default_ca = authority',
    '[authority]',
    'database = index.txt',
    'serial = serial',
    'new_certs_dir = .',
    'certificate = ca.crt',
    'private_key = ca.key',
    'default_md = sha256',
    'unique_subject = no',
    'policy = subject',
    'x509_extensions = server',
    '[subject]',
    'commonName = supplied',
    '[server]',
    'basicConstraints = critical,CA:FALSE',
    'keyUsage = critical,digitalSignature',
    `extendedKeyUsage = serverAuth${client ? ',clientAuth' : ''}`,
    `subjectAltName = ${alternatives}`,
    '',
  ].join('\n');
}

/** A date as openssl's `-startdate` takes it. */
function dayFromNow(days: number): string {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return `${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
