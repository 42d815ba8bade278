import type { App } from 'cdktf';
import type { Settings } from '../settings';
import { AccountStack } from './account-stack';
import { CertificatesStack } from './certificates-stack';
import { GatewayStack } from './gateway-stack';
import { HostStack } from './host-stack';
import { NetworkStack } from './network-stack';
import { PowerStack } from './power-stack';
import { StorageStack } from './storage-stack';

/** All stacks of a deployment, wired, but for the state bucket, which has to be there before them. */
export function addDeployment(app: App, settings: Settings): void {
  const account = new AccountStack(app, 'account', settings);
  const network = new NetworkStack(app, 'network', settings);
  const certificates = new CertificatesStack(app, 'certificates', settings);
  const storage = new StorageStack(app, 'storage', settings);
  const host = new HostStack(app, 'host', settings, { account, network, storage });
  host.addDependency(certificates);
  const power = settings.power.enabled ? new PowerStack(app, 'power', settings, { account, network }) : undefined;
  for (const service of settings.services) {
    const gateway = new GatewayStack(app, service.name, settings, { service, network, power });
    gateway.addDependency(certificates);
    if (settings.account.apiGatewayLoggingRole) gateway.addDependency(account);
  }
}
