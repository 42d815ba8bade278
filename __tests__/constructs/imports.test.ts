import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { dependencies, peerDependencies } from '../../package.json';

const project = join(__dirname, '../..');

/** What each part of the product may import of the project: what lies below it. */
const below: Record<string, RegExp> = {
  'main.ts': /^(settings|stacks\/)/,
  stacks: /^(settings$|stacks\/|patterns\/|constructs\/)/,
  modules: /^(modules\/|settings($|\/)|stacks\/addressed-stack$|patterns\/|constructs\/)/,
  patterns: /^(patterns|constructs)\//,
  'settings.ts': /^(settings\/|constructs\/)/,
  settings: /^(settings($|\/)|constructs\/)/,
  constructs: /^constructs\//,
};

interface Import {
  file: string;
  /** A package's name, or a path from the project's folder. */
  imported: string;
  ours: boolean;
}

function imports(part: string): Import[] {
  const path = join(project, part);
  const files = part.endsWith('.ts')
    ? [path]
    : readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => {
        const ours = fileName.startsWith('.');
        const imported = ours ? relative(project, join(dirname(file), fileName)) : fileName;
        return { file: relative(project, file), imported, ours };
      }),
    );
}

describe('imports point downwards only', () => {
  test.each(Object.entries(below))('%s', (part, allowed) => {
    const ours = imports(part).filter((entry) => entry.ours);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.filter(({ imported }) => !allowed.test(imported))).toEqual([]);
  });

  test.each(['constructs', 'patterns'])(
    '%s know nothing of settings, so that they can be used without them',
    (part) => {
      expect(imports(part).filter(({ imported, ours }) => ours && imported.startsWith('settings'))).toEqual([]);
      expect(imports('stacks').some(({ imported }) => imported === 'settings')).toBe(true);
    },
  );

  test('what runs in Lambda imports its own folder; the forwarder nothing else but what Node brings', () => {
    const functions = readdirSync(join(project, 'lambda-src'));
    expect(functions).toContain('forwarder');
    for (const name of functions) {
      const all = imports(`lambda-src/${name}`);
      expect(all.length).toBeGreaterThan(0);
      expect(all.filter(({ imported, ours }) => ours && !imported.startsWith(`lambda-src/${name}/`))).toEqual([]);
    }
    const packages = imports('lambda-src/forwarder').filter(
      ({ imported, ours }) => !ours && !imported.startsWith('node:'),
    );
    // types, which leave no trace in the bundle
    expect(packages.filter(({ imported }) => imported !== 'aws-lambda')).toEqual([]);
  });
});

test('the package asks for what its constructs and patterns import, and for nothing else', () => {
  const packages = ['constructs', 'patterns']
    .flatMap(imports)
    .filter(({ ours, imported }) => !ours && !imported.startsWith('node:'))
    .map(({ imported }) =>
      imported
        .split('/')
        .slice(0, imported.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter((name) => builtinModules.includes(name))).toEqual([]);
  expect([...new Set(packages)].sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort());
});

test('no resource is imported from the root of its provider', () => {
  const roots = ['constructs', 'patterns', 'stacks']
    .flatMap(imports)
    .filter(({ imported }) => /^@cdktf\/provider-[a-z]+$/.test(imported));
  expect(roots).toEqual([]);
});

test('every construct is part of the public face', () => {
  const face = imports('constructs/index.ts').map(({ imported }) => `${imported}.ts`);
  const files = readdirSync(join(project, 'constructs')).filter((name) => name.endsWith('.ts') && name !== 'index.ts');
  expect(face.sort()).toEqual(files.map((name) => `constructs/${name}`).sort());
  for (const file of face) expect(existsSync(join(project, file))).toBe(true);
});
