import { App } from 'cdktf';
import type { Settings } from '../settings';
import { DeliveryStack } from './delivery-stack';
import { addDeployment } from './deployment';
import { StateStack } from './state-stack';

/** Synthesizes all stacks into a folder, those among them that are deployed by apps of their own: for whoever looks at everything. */
export function synthesizeEveryStack(settings: Settings, outdir: string): void {
  const app = new App({ outdir });
  addDeployment(app, settings);
  new StateStack(app, 'state', settings);
  if (settings.delivery !== undefined) new DeliveryStack(app, 'delivery', settings, settings.delivery);
  app.synth();
}
