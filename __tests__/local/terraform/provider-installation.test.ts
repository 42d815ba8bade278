import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  chooseProviders,
  cliConfiguration,
  registryAnswers,
  writeInstallation,
} from '../../../local/terraform/provider-installation';
import { compareVersions, findPackages, mirrorFolders, thisTarget } from '../../../local/terraform/provider-mirror';

const aws = 'registry.terraform.io/hashicorp/aws';
let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mirror-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function unpacked(folder: string, version: string, target = thisTarget): string {
  const path = join(home, folder, aws, version, target);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, `terraform-provider-aws_v${version}_x5`), '');
  return join(home, folder);
}

describe('the search for a mirror of providers', () => {
  it('finds the folder that the user names first, then where Terraform itself looks, then one level below /opt', () => {
    const named = unpacked('named', '1.0.0');
    const own = unpacked('.terraform.d/plugins', '1.0.0');
    const data = unpacked('data/terraform/plugins', '1.0.0');
    const optional = unpacked('opt/any-name', '1.0.0');
    unpacked('opt/two/levels', '1.0.0');
    const environment = {
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_DATA_DIRS: '',
      SEARCHGATE_PROVIDER_MIRROR: named,
    };

    const folders = mirrorFolders(environment, join(home, 'opt'));

    expect(folders.filter((folder) => folder.startsWith(home))).toEqual(
      process.platform === 'darwin' ? [named, own, optional] : [named, own, data, optional],
    );
  });

  it('finds nothing, and does not fail, where no such folder exists', () => {
    expect(mirrorFolders({ HOME: home, XDG_DATA_DIRS: home }, join(home, 'none'))).toEqual([]);
    expect(findPackages([join(home, 'none')], 'hashicorp/aws')).toEqual([]);
  });

  it('reads both layouts and leaves out what is for other machines', () => {
    const folder = unpacked('mirror', '5.100.0');
    unpacked('mirror', '6.0.0', 'plan9_mips');
    writeFileSync(join(folder, aws, `terraform-provider-aws_6.1.0_${thisTarget}.zip`), '');

    expect(findPackages([folder], 'hashicorp/aws').map(({ version }) => version)).toEqual(['5.100.0', '6.1.0']);
  });

  it('compares versions by number, not by letter', () => {
    expect(compareVersions('6.9.0', '6.25.0')).toBeLessThan(0);
    expect(compareVersions('6.25.0', '6.25.0')).toBe(0);
    expect(compareVersions('10.0.0', '9.99.99')).toBeGreaterThan(0);
  });
});

describe('the choice of a provider', () => {
  const pinned = { 'hashicorp/aws': '6.25.0' };

  it('is the pinned version on this machine, whether or not the registry answers', () => {
    const folders = [unpacked('a', '7.0.0'), unpacked('b', '6.25.0')];
    for (const registry of [true, false]) {
      expect(chooseProviders(pinned, { folders, registry })[0]).toMatchObject({
        actual: '6.25.0',
        found: { version: '6.25.0' },
      });
    }
  });

  it('is the registry before another version', () => {
    const [choice] = chooseProviders(pinned, { folders: [unpacked('a', '5.100.0')], registry: true });
    expect(choice).toMatchObject({ actual: '6.25.0', found: undefined });
  });

  it('is the newest other version where the registry does not answer', () => {
    const folders = [unpacked('a', '5.9.0'), unpacked('b', '5.100.0')];
    expect(chooseProviders(pinned, { folders, registry: false })[0]).toMatchObject({ actual: '5.100.0' });
  });

  it('is nothing where there is neither', () => {
    expect(chooseProviders(pinned, { folders: [], registry: false })[0]).toMatchObject({
      actual: undefined,
      found: undefined,
    });
  });
});

describe('the installation of providers', () => {
  it('presents another version as the pinned one by links alone, and takes all else from where it comes', () => {
    const folder = unpacked('given', '5.100.0');
    const choices = chooseProviders({ 'hashicorp/aws': '6.25.0' }, { folders: [folder], registry: false });

    const installation = writeInstallation(join(home, 'rehearsal'), choices);

    const link = join(home, 'rehearsal/mirror', aws, '6.25.0', thisTarget);
    expect(readlinkSync(link)).toBe(join(folder, aws, '5.100.0', thisTarget));
    const text = readFileSync(installation.cliConfiguration, 'utf8');
    expect(text).toContain(`path    = "${join(home, 'rehearsal/mirror')}"`);
    expect(text).toContain('exclude = ["registry.terraform.io/hashicorp/aws"]');
    expect(installation.pluginCache).toMatch(/hashicorp_aws_5\.100\.0$/);
  });

  it('asks nothing but the registry where the machine has no provider', () => {
    expect(cliConfiguration('/mirror', [])).toContain('direct {}');
    expect(cliConfiguration('/mirror', [])).not.toContain('filesystem_mirror');
  });

  it('takes the registry to answer behind a proxy, which only Terraform speaks through', async () => {
    await expect(registryAnswers({ HTTPS_PROXY: 'http://proxy.example:3128' })).resolves.toBe(true);
  });
});
