import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import type { Construct } from 'constructs';
import { Certificates } from '../patterns/certificates';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/**
 * The private authority and the servers' certificates. This state alone holds private keys, so nobody reads it: others find what
 * they need in SSM, by name. Addresses come from the settings for the same reason.
 */
export class CertificatesStack extends SearchgateStack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings);
    new TlsProvider(this, 'tls');
    const { services, certificates } = settings;
    new Certificates(this, 'Default', {
      name: this.name,
      nodeAddresses: this.nodeAddresses,
      services,
      ...certificates,
    });
  }
}
