import { App } from 'cdktf';
import { loadSettings, SettingsError } from '../settings';
import { DeliveryStack } from '../stacks/delivery-stack';

/** The app of the delivery stack, outside `main.ts`: npx cdktf deploy delivery --app 'node --require tsx/cjs delivery/app.ts' */
try {
  const { settings } = loadSettings();
  if (settings.delivery === undefined) {
    console.error(
      'The settings have no "delivery": name the repository there, such as { "repository": "acme/search" }.',
    );
    process.exit(1);
  }
  const app = new App();
  new DeliveryStack(app, 'delivery', settings, settings.delivery);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(1);
}
