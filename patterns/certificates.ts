import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter';
import { Construct } from 'constructs';
import { type AcceptedFindings, acceptFindings, underAwsKey } from '../constructs/accepted-findings';
import { internalName, nodeName, transportName } from '../constructs/deployment-names';
import { ParameterNames } from '../constructs/parameter-names';
import { PrivateCertificateAuthority } from '../constructs/private-certificate-authority';
import { ServerCertificate } from '../constructs/server-certificate';

export interface CertificatesProps {
  /** The deployment's name. */
  readonly name: string;
  /** The fixed address of each node. How many there are is fixed at synth. */
  readonly nodeAddresses: readonly string[];
  /** The services behind the doors. Fixed at synth. */
  readonly services: readonly {
    readonly name: string;
    /** `elasticsearch` is served by every node with the node's own certificate, anything else has one for itself. */
    readonly origin: string;
  }[];
  /** The number of the authority that signs the servers' certificates. Fixed at synth. @default 1 */
  readonly authority?: number;
  /** The numbers of the authorities that are trusted, the one that signs among them; two while one follows another. Fixed at synth. @default 1 */
  readonly trusted?: readonly number[];
}

const isPublic: AcceptedFindings = { CKV2_AWS_34: 'a certificate is public; keys are SecureStrings' };

/**
 * The private authority and the servers' certificates. The state that holds it holds private keys, so nobody else may read it:
 * others find what they need in SSM, by name. It needs the tls provider.
 */
export class Certificates extends Construct {
  /** The name of the parameter with the authority's certificate. */
  readonly authorityParameter: string;
  private readonly parameters: ParameterNames;

  constructor(scope: Construct, id: string, props: CertificatesProps) {
    super(scope, id);
    const { name, nodeAddresses, services, authority: signing = 1, trusted = [1] } = props;
    this.parameters = new ParameterNames(name);
    const authorities = new Map(trusted.map((number) => [number, this.authority(number, name)]));
    const authority = authorities.get(signing);
    if (authority === undefined)
      throw new Error(
        `authority ${signing} signs, and only ${trusted.join(', ')} are trusted: the settings should have been refused`,
      );
    const others = [...authorities.values()].filter((other) => other !== authority);
    const authorityParameter = new SsmParameter(this, 'authority-parameter', {
      name: this.parameters.authority,
      description: 'Certificate of the private authority, for whoever connects to a host',
      type: 'String',
      // the one that signs comes first
      value: [authority, ...others].map(({ certificate }) => certificate).join(''),
    });
    acceptFindings(authorityParameter, isPublic);
    this.authorityParameter = authorityParameter.name;

    const internal = (server: string) => internalName(server, name);
    nodeAddresses.forEach((address, node) => {
      const search = services
        .filter(({ origin }) => origin === 'elasticsearch')
        .map((service) => internal(service.name));
      this.server(nodeName(node), authority, [...search, internal(nodeName(node))], [address]);
      if (nodeAddresses.length > 1) {
        this.server(transportName(nodeName(node)), authority, [internal(nodeName(node))], [address], true);
      }
    });
    for (const service of services.filter(({ origin }) => origin !== 'elasticsearch')) {
      this.server(service.name, authority, [internal(service.name)], nodeAddresses);
    }
  }

  /** The first one's address and name know no number: it was there before there could be another. */
  private authority(number: number, deployment: string): PrivateCertificateAuthority {
    const which = number === 1 ? '' : String(number);
    return new PrivateCertificateAuthority(this, which === '' ? 'authority' : `authority-${which}`, {
      commonName: `${deployment} private authority ${which}`.trim(),
    });
  }

  /** One server's certificate and key, where its host finds them. On the host itself it is reached as localhost too. */
  private server(
    name: string,
    authority: PrivateCertificateAuthority,
    dnsNames: string[],
    ipAddresses: readonly string[],
    alsoClient = false,
  ): void {
    const { certificate, privateKey } = new ServerCertificate(this, `server-${name}`, {
      authority,
      dnsNames: [...dnsNames, 'localhost'],
      ipAddresses: ['127.0.0.1', ...ipAddresses],
      alsoClient,
    });
    const certificateParameter = new SsmParameter(this, `server-${name}-certificate-parameter`, {
      name: this.parameters.certificate(name),
      description: `Certificate of ${name}`,
      type: 'String',
      value: certificate,
    });
    acceptFindings(certificateParameter, isPublic);
    const keyParameter = new SsmParameter(this, `server-${name}-key-parameter`, {
      name: this.parameters.privateKey(name),
      description: `Private key of ${name}`,
      type: 'SecureString',
      value: privateKey,
    });
    acceptFindings(keyParameter, underAwsKey('CKV_AWS_337'));
  }
}
