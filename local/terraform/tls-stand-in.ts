import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arguments, Configuration, Difference } from './configuration';
import { evaluate } from './evaluate';
import { issueCertificate } from './openssl';

type Values = Record<string, string>;

const reference = /\b(tls_[a-z_]+)\.([A-Za-z0-9_-]+)\.([a-z0-9_]+)/g;
const curves: Readonly<Record<string, string>> = { P256: 'prime256v1', P384: 'secp384r1', P521: 'secp521r1' };

/**
 * Stands in for Terraform's tls provider where it can't be had: keys and certificates of the same meaning are made by openssl and
 * put into the configuration as local values, which every reference then names. They are kept in a folder, so that the same
 * configuration gets the same values again.
 *
 * @param folder where keys and certificates are kept, readable by this user alone
 */
export function standInForTls(
  stack: string,
  configuration: Configuration,
  folder: string,
): { configuration: Configuration; differences: Difference[] } {
  const resources = Object.entries(configuration.resource ?? {}).filter(([type]) => type.startsWith('tls_'));
  if (resources.length === 0) return { configuration, differences: [] };

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = new Map<string, Values>();
  const valuesOf = (address: string): Values => {
    const before = made.get(address);
    if (before !== undefined) return before;
    const [type = '', name = ''] = address.split('.');
    const given = configuration.resource?.[type]?.[name];
    if (given === undefined) throw new Error(`${stack} refers to ${address}, which it does not have`);
    const values = kept(folder, address, resolved(given, valuesOf), (inputs) => make(type, inputs));
    made.set(address, values);
    return values;
  };
  for (const [type, named] of resources) for (const name of Object.keys(named)) valuesOf(`${type}.${name}`);

  const locals: Record<string, string> = {};
  const text = JSON.stringify(withoutTls(configuration)).replace(reference, (_, type, name, attribute) => {
    const value = made.get(`${type}.${name}`)?.[attribute];
    if (value === undefined) throw new Error(`the stand-in for the tls provider does not make ${attribute} of ${type}`);
    const local = `${type}__${name}__${attribute}`;
    locals[local] = value;
    return `local.${local}`;
  });
  const rewritten = JSON.parse(text) as Configuration;
  return {
    configuration: { ...rewritten, locals: { ...rewritten.locals, ...locals } },
    differences: [
      {
        stack,
        address: 'tls_*',
        change: `${made.size} keys and certificates made by openssl`,
        reason: 'the tls provider can not be had here',
      },
    ],
  };
}

/** The configuration without tls resources, without that provider, and without orders to wait for or follow them. */
function withoutTls(configuration: Configuration): Configuration {
  const lacking = <Value>(named: Record<string, Value> | undefined, prefix: string): Record<string, Value> =>
    Object.fromEntries(Object.entries(named ?? {}).filter(([name]) => !name.startsWith(prefix)));
  const { required_providers, ...terraform } = configuration.terraform ?? {};
  const copy: Configuration = {
    ...configuration,
    terraform: { ...terraform, required_providers: lacking(required_providers, 'tls') },
    provider: lacking(configuration.provider, 'tls'),
    resource: lacking(configuration.resource, 'tls_'),
  };
  return JSON.parse(JSON.stringify(copy), (key, value) =>
    (key === 'depends_on' || key === 'replace_triggered_by') && Array.isArray(value)
      ? value.filter((each) => !String(each).startsWith('tls_'))
      : value,
  ) as Configuration;
}

/** A resource's arguments with its references to other tls resources replaced by their values, and its expressions worked out. */
function resolved(given: Arguments, valuesOf: (address: string) => Values): Arguments {
  const text = JSON.stringify(given).replace(
    /"\$\{(tls_[a-z_]+\.[A-Za-z0-9_-]+)\.([a-z0-9_]+)\}"/g,
    (_, address, attribute) => JSON.stringify(valuesOf(address)[attribute] ?? ''),
  );
  const { '//': _metadata, lifecycle: _lifecycle, depends_on: _order, ...inputs } = JSON.parse(text) as Arguments;
  return evaluate(inputs);
}

function kept(folder: string, address: string, inputs: Arguments, make: (inputs: Arguments) => Values): Values {
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
  const file = join(folder, `${address}-${hash}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Values;
  const values = make(inputs);
  writeFileSync(file, JSON.stringify(values, null, 2), { mode: 0o600 });
  return values;
}

function make(type: string, inputs: Arguments): Values {
  const key = String(inputs.private_key_pem ?? '');
  switch (type) {
    case 'tls_private_key':
      return makeKey(inputs);
    case 'tls_self_signed_cert':
      return { cert_pem: issueCertificate(key, content(inputs, inputs)) };
    case 'tls_cert_request':
      // Not a request as such: what the signing needs of it travels on.
      return { cert_request_pem: JSON.stringify({ key, inputs }) };
    case 'tls_locally_signed_cert': {
      const request = JSON.parse(String(inputs.cert_request_pem)) as { key: string; inputs: Arguments };
      const signer = { certificate: String(inputs.ca_cert_pem), key: String(inputs.ca_private_key_pem) };
      return {
        cert_pem: issueCertificate(request.key, content(request.inputs, inputs), signer),
        ca_cert_pem: signer.certificate,
      };
    }
    default:
      throw new Error(`the stand-in for the tls provider does not know ${type}`);
  }
}

function makeKey(inputs: Arguments): Values {
  const curve = curves[String(inputs.ecdsa_curve)];
  if (inputs.algorithm !== 'ECDSA' || curve === undefined) {
    throw new Error(`the stand-in for the tls provider makes ECDSA keys only, not ${String(inputs.algorithm)}`);
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return {
    private_key_pem: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    private_key_pem_pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    public_key_pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

function content(subject: Arguments, terms: Arguments): Parameters<typeof issueCertificate>[1] {
  const [first] = [subject.subject].flat() as ({ common_name?: string } | undefined)[];
  return {
    commonName: first?.common_name ?? '',
    dnsNames: (subject.dns_names ?? []) as string[],
    ipAddresses: (subject.ip_addresses ?? []) as string[],
    allowedUses: (terms.allowed_uses ?? []) as string[],
    authority: terms.is_ca_certificate === true,
    validityHours: Number(terms.validity_period_hours),
  };
}
