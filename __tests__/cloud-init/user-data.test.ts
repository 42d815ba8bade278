import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { cloudConfig } from '../../constructs/host-user-data';
import { synthesizedUserData } from '../../local/machine-boot/user-data';
import { loadSettings } from '../../settings';
import { describeWith } from '../requirements';
import { carriedFiles, withFault } from './trial-host';

const { text, environment } = synthesizedUserData(
  loadSettings(join(__dirname, '..', '..', 'settings', 'example.json')).settings,
  {
    DATA_VOLUME_ID: 'vol-0123456789abcdef0',
    PRIVATE_ADDRESS: '10.42.0.10',
    SNAPSHOT_BUCKET: 'searchgate-snapshots',
  },
);

interface CarriedFile {
  path: string;
  permissions: string;
  content: string;
}
const config = parse(text) as { write_files: CarriedFile[]; runcmd: string[][] };

/** The check that the planted faults have to turn red: places in a text that look like a secret's value. */
function secretsIn(searched: string): string[] {
  const patterns = [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
    /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
    // a name that says so, given a literal: no expansion, no path, no option
    /^.*(?:password|passphrase|secret|token|api_?key|encryption_?key)\w*['"]?\s*[=:]\s*['"]?[A-Za-z0-9+_-]{6,}['"]?\s*$/gim,
    /\b[0-9a-f]{32,}\b/g,
  ];
  return patterns.flatMap((pattern) => [...searched.matchAll(pattern)].map(([found]) => found.trim()));
}

function allText(folder: string): string {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => (statSync(path).isDirectory() ? allText(path) : readFileSync(path, 'utf8')))
    .join('\n');
}

describe('the user data that the settings synthesize', () => {
  test('lays down every file of the repository, scripts executable and line by line, but for comments', () => {
    const [hostEnvironment, ...files] = config.write_files;
    expect(hostEnvironment).toMatchObject({ path: '/etc/searchgate/host.env', permissions: '0644' });
    expect(files.length).toBeGreaterThan(10);
    for (const { path, permissions, content } of files) {
      const lines = readFileSync(join(carriedFiles, path), 'utf8').split('\n');
      const carried = content.split('\n');
      expect(carried).toHaveLength(lines.length);
      const lost = lines.filter((line, number) => line !== carried[number]);
      expect(lost.filter((line) => !/^ *# /.test(line))).toEqual([]);
      expect(permissions).toBe(content.startsWith('#!') ? '0755' : '0644');
    }
  });

  test('keeps what only looks like a comment', () => {
    const content = (name: string) => config.write_files.find(({ path }) => path.endsWith(`/${name}`))?.content ?? '';
    expect(content('configuration')).toContain('\n# Written by searchgate-setup at every boot.\n');
    expect(content('configuration')).not.toContain('# Kibana takes a quarter');
    expect(content('volume')).toMatch(/^#!.*\n\n+\. /);
    expect(content('elasticsearch.service.d/searchgate.conf')).not.toContain('# ');
  });

  test('starts the setup unit, which runs again at every boot', () => {
    expect(config.runcmd).toContainEqual(['systemctl', 'enable', 'searchgate-setup.service']);
    expect(config.runcmd).toContainEqual(['systemctl', 'start', '--no-block', 'searchgate-setup.service']);
  });

  test('uses nothing that cloud-init 22.2 does not know', () => {
    expect(Object.keys(config).sort()).toEqual(['bootcmd', 'runcmd', 'write_files']);
    for (const file of config.write_files) expect(Object.keys(file).sort()).toEqual(['content', 'path', 'permissions']);
  });

  test('every value that the scripts use is given, and no other', () => {
    const scripts = allText(join(carriedFiles, 'usr'));
    const used = Object.keys(environment).filter((key) => new RegExp(`\\$\\{?${key}\\b`).test(scripts));
    expect(Object.keys(environment).filter((key) => !used.includes(key))).toEqual([]);
  });

  test('holds no secret', () => {
    expect(secretsIn(text)).toEqual([]);
  });

  test('planted fault: a secret in the user data is seen, in a script and in the environment', () => {
    const files = withFault(
      'usr/local/lib/searchgate/credentials',
      'elastic_password=$(cat "$parameters/secrets/elastic-password")',
      'elastic_password=correct-horse-battery',
    );
    expect(secretsIn(allText(files))).toEqual(['elastic_password=correct-horse-battery']);
    rmSync(files, { recursive: true });
    expect(secretsIn(cloudConfig({ ...environment, ELASTIC_PASSWORD: 'correct-horse-battery' }))).toHaveLength(1);
    expect(secretsIn(cloudConfig({ ...environment, KEYS: 'ab'.repeat(32) }))).toHaveLength(1);
  });
});

describeWith(['cloud-init'], 'cloud-init itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloud-config-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const checked = (content: string) => {
    writeFileSync(join(folder, 'user-data'), content);
    return spawnSync('cloud-init', ['schema', '--config-file', join(folder, 'user-data')], { encoding: 'utf8' });
  };

  test('finds the user data valid', () => {
    const { stdout, stderr, status } = checked(text);
    expect(`${stdout}${stderr}`).toMatch(/Valid cloud-config/);
    expect(status).toBe(0);
  });

  test('would find a mistake', () => {
    expect(checked(text.replace("permissions: '0644'", 'permissions: [0644]')).status).toBe(1);
  });
});
