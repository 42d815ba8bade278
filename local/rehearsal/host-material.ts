import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { internalName, nodeName } from '../../constructs/deployment-names';
import { ParameterNames } from '../../constructs/parameter-names';
import type { ServiceSettings, Settings } from '../../settings';
import { clientOptions } from '../emulator/account';
import { issueCertificate } from '../terraform/openssl';

/** What a host needs to serve: PEM texts and a password. */
export interface HostMaterial {
  /** The authority's certificate. */
  authority: string;
  elasticPassword: string;
  server(service: ServiceSettings): Promise<{ certificate: string; key: string }>;
}

/**
 * What is deployed, read from the emulated SSM as a host would. The password is a host's to make, and no host runs here, so it is
 * made in its place and put where the host would put it.
 */
export async function deployedMaterial(settings: Settings, endpoint: string): Promise<HostMaterial> {
  const ssm = new SSMClient(clientOptions(endpoint, settings.region));
  const names = new ParameterNames(settings.name);
  const read = async (name: string): Promise<string> => {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    if (Parameter?.Value === undefined) throw new Error(`the emulated AWS has no parameter ${name}`);
    return Parameter.Value;
  };
  const elasticPassword = newPassword();
  const passwordName = `${names.secrets}/elastic-password`;
  await ssm.send(
    new PutParameterCommand({ Name: passwordName, Value: elasticPassword, Type: 'SecureString', Overwrite: true }),
  );
  return {
    authority: await read(names.authority),
    elasticPassword: await read(passwordName),
    server: async ({ name, origin }) => {
      const server = origin === 'elasticsearch' ? nodeName(0) : name;
      return { certificate: await read(names.certificate(server)), key: await read(names.privateKey(server)) };
    },
  };
}

/** The same made by openssl, where nothing is deployed. */
export function ownMaterial(settings: Settings): HostMaterial {
  const year = 365 * 24;
  const authorityKey = newKey();
  const named = { dnsNames: [], ipAddresses: [], authority: true, validityHours: year };
  const authority = issueCertificate(authorityKey, {
    ...named,
    commonName: 'rehearsal',
    allowedUses: ['cert_signing'],
  });
  return {
    authority,
    elasticPassword: newPassword(),
    server: async ({ name }) => {
      const key = newKey();
      const commonName = internalName(name, settings.name);
      const content = {
        commonName,
        dnsNames: [commonName, 'localhost'],
        ipAddresses: ['127.0.0.1'],
        allowedUses: ['digital_signature', 'server_auth'],
        authority: false,
        validityHours: year,
      };
      return { key, certificate: issueCertificate(key, content, { certificate: authority, key: authorityKey }) };
    },
  };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function newPassword(): string {
  return randomBytes(15).toString('base64url');
}
