import { cp, link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildElasticsearch, earlierElasticsearchVersion, elasticsearchVersion } from '../elasticsearch/build';
import { made, succeed } from './cache';

/** Elastic's repository, stood in for: two states of it, each a folder as it lies below `packages/9.x/yum`; and the system's own. */
export interface PackageRepository {
  /** Holds two releases that can be run. */
  readonly first: string;
  /** As `first`, after a later release came out. */
  readonly later: string;
  /** The repositories of the system itself, stood in for: a folder for each release, `12` and `latest`. */
  readonly system: string;
  /** The public key, armored. */
  readonly key: string;
}

/** The release that only `later` knows; its packages install nothing. */
export const laterRelease = '9.6.0';

/**
 * Packages of the system that install nothing, in a first version (release 12) and a second (release `latest`), by what the second is published as.
 * Elastic's later release is offered there too, as a security update, to see that it is not taken.
 */
const systemPackages = { 'host-library': 'security', 'host-program': 'bugfix' } as const;

const packages = join(__dirname, 'packages');

/** Makes the packages, signs them, and indexes both states of the repository: half a minute once. */
export async function packageRepository(onProgress: (text: string) => void): Promise<PackageRepository> {
  const { home } = await buildElasticsearch(onProgress);
  const { home: earlierHome } = await buildElasticsearch(onProgress, earlierElasticsearchVersion);
  const wait = () => onProgress('another process is making the package repository: waiting');
  const folder = await made('packages', [packages, home, earlierHome, __filename], wait, async (target) => {
    onProgress('the packages elasticsearch and kibana, signed');
    const work = await mkdtemp(join(tmpdir(), 'packages-'));
    try {
      await make(target, work, { [earlierElasticsearchVersion]: earlierHome, [elasticsearchVersion]: home });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return {
    first: join(folder, 'first'),
    later: join(folder, 'later'),
    system: join(folder, 'system'),
    key: join(folder, 'GPG-KEY-elasticsearch'),
  };
}

async function make(target: string, work: string, homes: Readonly<Record<string, string>>): Promise<void> {
  const built = join(work, 'RPMS');
  const sources = join(work, 'packages');
  await cp(packages, sources, { recursive: true });
  const build = (spec: string, architecture: string, macros: Record<string, string>) => {
    const all = { _topdir: work, _rpmdir: built, _binary_payload: 'w3.zstdio', ...macros };
    const defines = Object.entries(all).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
    return succeed('rpmbuild', [
      '-bb',
      '--quiet',
      '--nodeps',
      '--target',
      architecture,
      ...defines,
      join(sources, spec),
    ]);
  };
  const machine = (await succeed('uname', ['-m'])).trim();
  for (const [release_version, home] of Object.entries(homes)) {
    await build('elasticsearch.spec', machine, { release_version, home, programs: join(sources, 'elasticsearch') });
    await build('kibana.spec', machine, { release_version, programs: join(sources, 'kibana') });
  }
  await build('host-base.spec', 'noarch', {});
  for (const name of ['elasticsearch', 'kibana'])
    await build('release.spec', machine, { package_name: name, release_version: laterRelease });
  for (const name of Object.keys(systemPackages))
    for (const release_version of ['1', '2'])
      await build('release.spec', 'noarch', { package_name: name, release_version });

  const gnupg = { GNUPGHOME: join(work, 'gnupg') };
  await mkdir(gnupg.GNUPGHOME, { mode: 0o700 });
  const signer = 'Searchgate rehearsal';
  await succeed(
    'gpg',
    ['-q', '--batch', '--passphrase', '', '--quick-gen-key', signer, 'rsa3072', 'sign', 'never'],
    gnupg,
  );
  const files = await allFiles(built);
  await succeed(
    'rpmsign',
    ['--define', `_gpg_name ${signer}`, '--define', '__gpg /usr/bin/gpg', '--addsign', ...files],
    gnupg,
  );
  await succeed('gpgconf', ['--kill', 'all'], gnupg);

  const ofSystem = (file: string) => Object.keys(systemPackages).some((name) => file.includes(`/${name}-`));
  for (const [state, holds] of [
    ['first', (file: string) => !ofSystem(file) && !file.includes(laterRelease)],
    ['later', (file: string) => !ofSystem(file)],
    ['system/12', (file: string) => /-1-1\.noarch/.test(file)],
    ['system/latest', (file: string) => ofSystem(file) || file.includes(laterRelease)],
  ] as const) {
    await mkdir(join(target, state), { recursive: true });
    for (const file of files.filter(holds)) await place(file, join(target, state));
    await succeed('createrepo_c', ['--quiet', join(target, state)]);
  }
  const advisories = join(work, 'updateinfo.xml');
  await writeFile(advisories, updateInformation(machine));
  await succeed('modifyrepo_c', [advisories, join(target, 'system/latest/repodata')]);
  await writeFile(
    join(target, 'GPG-KEY-elasticsearch'),
    await succeed('gpg', ['-q', '--armor', '--export', signer], gnupg),
  );
}

/** What a repository says of its updates, as dnf reads it. */
function updateInformation(machine: string): string {
  const updates = [
    ...Object.entries(systemPackages).map(([name, type]) => ({ name, type, version: '2', architecture: 'noarch' })),
    ...['elasticsearch', 'kibana'].map((name) => ({
      ...{ name, type: 'security', version: laterRelease },
      architecture: machine,
    })),
  ];
  const advisories = updates.map(({ name, type, version, architecture }) => {
    const file = `${name}-${version}-1.${architecture}.rpm`;
    const released = `<package name="${name}" version="${version}" release="1" epoch="0" arch="${architecture}"><filename>${file}</filename></package>`;
    return `<update from="rehearsal" status="final" type="${type}" version="1"><id>ADVISORY-${name}</id><title>${name}</title><severity>Important</severity>
<issued date="2026-01-01 00:00:00"/><description>${name}</description><pkglist><collection>${released}</collection></pkglist></update>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>${advisories.join('\n')}</updates>\n`;
}

async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, encoding: 'utf8' });
  return entries.filter((entry) => entry.endsWith('.rpm')).map((entry) => join(folder, entry));
}

/** A link where the disk is the same, since one of the packages is large. */
async function place(file: string, folder: string): Promise<void> {
  const target = join(folder, file.slice(file.lastIndexOf('/') + 1));
  await link(file, target).catch(() => cp(file, target));
}
