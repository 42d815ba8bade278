import { writeFileSync } from 'node:fs';
import { constructsReference } from '../reference/constructs';
import { settingsReference, settingsSchemaJson } from '../settings/reference';
import { runCommand } from './terminal';

/** `npm run schema`: writes settings/schema.json and docs/settings.md from the schema, docs/constructs.md from the constructs. */
void runCommand(() => {
  writeFileSync('settings/schema.json', settingsSchemaJson());
  writeFileSync('docs/settings.md', settingsReference());
  writeFileSync('docs/constructs.md', constructsReference());
  console.log('settings/schema.json, docs/settings.md and docs/constructs.md are written.');
  return 0;
});
