import { writeFileSync } from 'node:fs';
import { settingsReference, settingsSchemaJson } from '../settings/reference';
import { runCommand } from './terminal';

/** `npm run schema`: writes settings/schema.json and docs/settings.md from the schema in settings.ts. */
void runCommand(() => {
  writeFileSync('settings/schema.json', settingsSchemaJson());
  writeFileSync('docs/settings.md', settingsReference());
  console.log('settings/schema.json and docs/settings.md are written.');
  return 0;
});
