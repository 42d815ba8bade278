import { App } from 'cdktf';
import { loadSettings, SettingsError } from './settings';
import { addDeployment } from './stacks/deployment';

try {
  const { settings, warnings } = loadSettings();
  for (const warning of warnings) console.error(`warning: ${warning}`);
  const app = new App();
  addDeployment(app, settings);
  app.synth();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(1);
}
