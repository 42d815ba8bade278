import { cp, link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildElasticsearch, earlierElasticsearchVersion, elasticsearchVersion } from '../elasticsearch/build';
import { made, succeed } from './cache';

/** Elastic's repository, stood in for: two states of it, each a folder as it lies below `packages/9.x/yum`. */
export interface PackageRepository {
  /** Holds two releases that can be run. */
  readonly first: string;
  /** As `first`, after a later release came out. */
  readonly later: string;
  /** The public key, armored. */
  readonly key: string;
}

/** The release that only `later` knows; its packages install nothing. */
export const laterRelease = '9.6.0';

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
  return { first: join(folder, 'first'), later: join(folder, 'later'), key: join(folder, 'GPG-KEY-elasticsearch') };
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
    await build('release.spec', 'noarch', { package_name: name, release_version: laterRelease });

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

  for (const [state, holds] of [
    ['first', (file: string) => !file.includes(laterRelease)],
    ['later', () => true],
  ] as const) {
    await mkdir(join(target, state), { recursive: true });
    for (const file of files.filter(holds)) await place(file, join(target, state));
    await succeed('createrepo_c', ['--quiet', join(target, state)]);
  }
  await writeFile(
    join(target, 'GPG-KEY-elasticsearch'),
    await succeed('gpg', ['-q', '--armor', '--export', signer], gnupg),
  );
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
