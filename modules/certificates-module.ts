import type { App } from 'cdktf';
import { Certificates } from '../patterns/certificates';
import { ModuleStack } from './module-stack';
import type { Shape } from './shape';

/** The private authority and the servers' certificates. */
export class CertificatesModule extends ModuleStack {
  constructor(app: App, { nodes, services }: Shape) {
    super(
      app,
      'certificates',
      'The private authority and the certificates of the servers. Its state holds private keys: give it a state of its own.',
    );
    const nodeAddresses = this.list('node_addresses', nodes, 'The fixed address of each node');
    const { authorityParameter } = new Certificates(this, 'Default', { name: this.name, nodeAddresses, services });
    this.output(
      'authority_parameter',
      "The name of the parameter with the authority's certificate",
      authorityParameter,
    );
  }
}
