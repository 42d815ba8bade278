import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { Construct } from 'constructs';
import { AddressPlan } from '../constructs/address-plan';
import { internalName, nodeName } from '../constructs/deployment-names';
import { ParameterNames } from '../constructs/parameter-names';
import { PrivateCertificateAuthority } from '../constructs/private-certificate-authority';
import { ServerCertificate } from '../constructs/server-certificate';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/**
 * The private authority and the servers' certificates. This state alone holds private keys, so nobody reads it: others find what
 * they need in SSM, by name. Addresses come from the settings for the same reason.
 */
export class CertificatesStack extends SearchgateStack {
  private readonly parameters: ParameterNames;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    new TlsProvider(this, 'tls');
    this.parameters = new ParameterNames(this.name);
    const authority = new PrivateCertificateAuthority(this, 'authority', {
      commonName: `${this.name} private authority`,
    });
    new SsmParameter(this, 'authority-parameter', {
      name: this.parameters.authority,
      description: 'Certificate of the private authority, for whoever connects to a host',
      type: 'String',
      value: authority.certificate,
    });

    const plan = new AddressPlan(settings.network.cidr);
    const addresses = Array.from({ length: settings.host.nodes }, (_, node) =>
      plan.nodeAddress(node, settings.network.zones.length),
    );
    const internal = (server: string) => internalName(server, this.name);
    addresses.forEach((address, node) => {
      const search = settings.services
        .filter(({ origin }) => origin === 'elasticsearch')
        .map(({ name }) => internal(name));
      this.server(nodeName(node), authority, [...search, internal(nodeName(node))], [address]);
    });
    for (const { name } of settings.services.filter(({ origin }) => origin !== 'elasticsearch')) {
      this.server(name, authority, [internal(name)], addresses);
    }
  }

  /** One server's certificate and key, where its host finds them. On the host itself it is reached as localhost too. */
  private server(
    name: string,
    authority: PrivateCertificateAuthority,
    dnsNames: string[],
    ipAddresses: string[],
  ): void {
    const { certificate, privateKey } = new ServerCertificate(this, `server-${name}`, {
      authority,
      dnsNames: [...dnsNames, 'localhost'],
      ipAddresses: ['127.0.0.1', ...ipAddresses],
    });
    new SsmParameter(this, `server-${name}-certificate-parameter`, {
      name: this.parameters.certificate(name),
      description: `Certificate of ${name}`,
      type: 'String',
      value: certificate,
    });
    new SsmParameter(this, `server-${name}-key-parameter`, {
      name: this.parameters.privateKey(name),
      description: `Private key of ${name}`,
      type: 'SecureString',
      value: privateKey,
    });
  }
}
