import type { App } from 'cdktf';
import type { Settings } from '../settings';
import { DeliveryStack } from './delivery-stack';
import { addDeployment } from './deployment';
import { StateStack } from './state-stack';

/** All stacks, those among them that are deployed by apps of their own: for whoever looks at everything. */
export function addEveryStack(app: App, settings: Settings): void {
  addDeployment(app, settings);
  new StateStack(app, 'state', settings);
  if (settings.delivery !== undefined) new DeliveryStack(app, 'delivery', settings, settings.delivery);
}
