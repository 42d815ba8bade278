import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { made, succeed } from '../../local/machine-boot/cache';
import { describeWith } from '../requirements';
import { carriedFiles, withFault } from './trial-host';

const project = join(__dirname, '..', '..');

/** Shell scripts, found by their first line, so that none can be forgotten. */
function shellScripts(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return shellScripts(path);
    return /^#(!.*\bbash$| shellcheck shell=bash)/m.test(readFileSync(path, 'utf8').split('\n', 1).join())
      ? [path]
      : [];
  });
}

describeWith(['python'], 'every shell script', () => {
  let shellcheck: string;
  const check = (script: string, files = carriedFiles) =>
    spawnSync(shellcheck, ['--external-sources', `--source-path=${files}`, script], { encoding: 'utf8' }).stdout;

  beforeAll(async () => {
    const requirements = join(__dirname, 'requirements.txt');
    const folder = await made(
      'shellcheck',
      [requirements],
      () => {},
      async (target) => {
        const environment = `${target}-environment`;
        await succeed('python3', ['-m', 'venv', environment]);
        const install = [
          '-m',
          'pip',
          '--quiet',
          '--disable-pip-version-check',
          'install',
          '--require-hashes',
          '-r',
          requirements,
        ];
        await succeed(join(environment, 'bin', 'python'), install);
        await mkdir(target);
        await copyFile(join(environment, 'bin', 'shellcheck'), join(target, 'shellcheck'));
      },
    );
    shellcheck = join(folder, 'shellcheck');
    chmodSync(shellcheck, 0o755);
  }, 120_000);

  const scripts = [
    ...['cloud-init/files', 'local/machine-boot/packages', '.ci'].flatMap((folder) =>
      shellScripts(join(project, folder)),
    ),
  ].map((path) => relative(project, path));

  test('of the host is among those that are checked', () => {
    const phases = [
      'setup',
      'report',
      'phase.sh',
      'volume',
      'packages',
      'parameters',
      'configuration',
      'credentials',
      'services',
      'system',
      'updates',
      'ended',
    ];
    for (const phase of phases) expect(scripts).toContain(`cloud-init/files/usr/local/lib/searchgate/${phase}`);
  });

  test.each(scripts)('%s has nothing that shellcheck warns of', (script) => {
    expect(check(join(project, script))).toBe('');
  });

  test.each(scripts.filter((script) => script.startsWith('cloud-init/') && !script.endsWith('phase.sh')))(
    '%s says what it guarantees and why it can run again, and stops at the first error',
    (script) => {
      const text = readFileSync(join(project, script), 'utf8');
      const header = text
        .split('\n')
        .slice(1, 8)
        .filter((line) => line.startsWith('#'))
        .join('\n');
      expect(header).toMatch(/[Gg]uarantees|Runs every phase/);
      expect(header).toMatch(/Can run again/);
      expect(text).toMatch(/^\. "\$\{SEARCHGATE_ROOT:-\}\/usr\/local\/lib\/searchgate\/phase\.sh"$/m);
      expect(readFileSync(join(carriedFiles, 'usr/local/lib/searchgate/phase.sh'), 'utf8')).toMatch(
        /^set -Eeuo pipefail$/m,
      );
    },
  );

  test('planted fault: an unquoted variable is seen', () => {
    const files = withFault('usr/local/lib/searchgate/volume', 'mkdir -p "$volume"', 'mkdir -p $volume');
    expect(check(join(files, 'usr/local/lib/searchgate/volume'), files)).toContain('SC2086');
    rmSync(files, { recursive: true });
  });
});
