import { type App, Aspects } from 'cdktf';
import { RoleBoundary } from '../constructs/role-boundary';
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
  const doors = settings.services.map((service) => {
    const gateway = new GatewayStack(app, service.name, settings, { service, network, power });
    gateway.addDependency(certificates);
    if (settings.account.apiGatewayLoggingRole) gateway.addDependency(account);
    return gateway;
  });
  if (settings.delivery === undefined) return;
  // The account's logging role serves every API of the account, so it is bound by none and deployed by a person.
  for (const stack of [host, ...doors, ...(power === undefined ? [] : [power])]) {
    Aspects.of(stack).add(new RoleBoundary(settings.name));
  }
}
