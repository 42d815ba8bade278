import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project, runScript } from '../command-line';

test('npm run schema writes the schema and the references that the repository holds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-schema-'));
  try {
    mkdirSync(join(folder, 'settings'));
    mkdirSync(join(folder, 'docs'));
    expect(await runScript(join(project, 'commands/schema.ts'), [], { cwd: folder })).toMatchObject({
      code: 0,
      stderr: '',
    });
    for (const file of ['settings/schema.json', 'docs/settings.md', 'docs/constructs.md']) {
      expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(project, file), 'utf8'));
    }
    const reference = readFileSync(join(folder, 'docs/constructs.md'), 'utf8');
    expect(reference).toMatch(/^## RestApiGateway$[\s\S]*\| `allowedCidrs` \| `string\[\]` \| Blocks of/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
