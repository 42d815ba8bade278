import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '../requirements';
import { TrialHost, withFault } from './trial-host';

const size = 16 * 2 ** 20;

/** A host with a disk in a file: blkid, wipefs, mkfs, fsck are the real ones, mounting is not. */
function hostWithDisk(files?: string): TrialHost {
  const host = new TrialHost(files);
  host.write('disk', '');
  truncateSync(join(host.root, 'disk'), size);
  host.replace('lsblk', 'echo "$root/other vol0fffffffffffffff0"; echo "$root/disk vol0123456789abcdef0"');
  host.replace('blockdev', 'wc -c < "$2"');
  host.replace('findmnt', '[ -e "$root/mounted" ] && cat "$root/mounted"');
  host.replace('mount', 'echo "$5" > "$root/mounted"');
  host.replace('resize2fs', '');
  host.replace('mkfs.ext4', 'exec /usr/sbin/mkfs.ext4 "$@"');
  labelledDevices(host, '$root/disk');
  return host;
}

/** What carries our label, of all that is attached: this machine's own disks are not asked. */
function labelledDevices(host: TrialHost, ...devices: string[]): void {
  const labelled = `printf '%s\\n' ${devices.map((device) => `"${device}"`).join(' ')}`;
  host.replace('blkid', `case $* in *LABEL=*) ${labelled} ;; *) exec /usr/sbin/blkid "$@" ;; esac`);
}

const format = (host: TrialHost, ...options: string[]) =>
  execFileSync('/usr/sbin/mkfs.ext4', ['-q', ...options, join(host.root, 'disk')], { stdio: 'pipe' });
const contents = (host: TrialHost) => readFileSync(join(host.root, 'disk'));
/** A new file system gets a new one; checking an old one notes the check in it, and nothing else. */
const identity = (host: TrialHost) =>
  execFileSync('/usr/sbin/blkid', [
    '--probe',
    '--match-tag',
    'UUID',
    '--output',
    'value',
    join(host.root, 'disk'),
  ]).toString();
const formats = (host: TrialHost) => host.calls.filter((call) => call.startsWith('mkfs'));

function writeAt(host: TrialHost, position: number, bytes: Buffer): void {
  const file = openSync(join(host.root, 'disk'), 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

/** The check that the planted fault has to turn red: a volume of ours that cannot be mounted is left as it is. */
function problemsAfterAFailedMount(files?: string): string[] {
  const host = hostWithDisk(files);
  try {
    format(host, '-L', 'searchgate');
    host.replace('mount', 'echo "mount: wrong fs type" >&2; exit 32');
    const before = identity(host);
    const { code } = host.run('volume');
    const problems: string[] = [];
    if (code !== 3) problems.push(`ended with ${code}, not with a refusal`);
    if (formats(host).length > 0) problems.push(`formatted: ${formats(host).join()}`);
    if (identity(host) !== before) problems.push('the file system is another one');
    return problems;
  } finally {
    host.remove();
  }
}

describeWith(['disks'], 'the data volume', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = hostWithDisk();
  });
  afterEach(() => host.remove());

  test('a blank volume is formatted once, labelled and marked as ours', () => {
    expect(host.run('volume')).toMatchObject({
      code: 0,
      summary: expect.stringMatching(/^formatted vol-0123456789abcdef0/),
    });
    expect(host.read('srv/searchgate/.searchgate')).toBe('name=searchgate\n');
    rmSync(join(host.root, 'mounted'));
    expect(host.run('volume')).toMatchObject({ code: 0, summary: expect.stringMatching(/^mounted vol-/) });
    expect(formats(host)).toHaveLength(1);
  });

  test('a mounted volume is left alone', () => {
    host.run('volume');
    host.forgetCalls();
    expect(host.run('volume').summary).toMatch(/^already mounted/);
    expect(host.calls.join('\n')).not.toMatch(/^(mkfs|mount )/m);
  });

  test('a volume that is not attached yet is waited for, and the operator is told which one', () => {
    host.replace('lsblk', '[ -e "$root/later" ] && echo "$root/disk vol0123456789abcdef0"; touch "$root/later"');
    expect(host.run('volume', { VOLUME_WAIT_SECONDS: '20' }).code).toBe(0);
    host.replace('lsblk', 'echo "$root/other vol0fffffffffffffff0"');
    expect(host.run('volume')).toMatchObject({
      code: 1,
      reason: expect.stringMatching(/vol-0123456789abcdef0 is not attached: attach it/),
    });
  });

  test('a volume is known by its id under any device name', () => {
    host.replace('lsblk', 'echo "/dev/nvme1n1 vol0123456789abcdef0"');
    host.write('dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0', '');
    host.run('volume');
    expect(host.calls.some((call) => call.startsWith('lsblk'))).toBe(false);
  });

  test('a failed mount never formats', () => {
    expect(problemsAfterAFailedMount()).toEqual([]);
  });

  test('planted fault: mkfs on a mount failure is seen', () => {
    const files = withFault(
      'usr/local/lib/searchgate/volume',
      'refuse "$DATA_VOLUME_ID ($device) could not be mounted and is left as it is: see dmesg"',
      '{ format; mount "$device" "$volume"; }',
    );
    expect(problemsAfterAFailedMount(files).join('; ')).toMatch(/formatted/);
    rmSync(files, { recursive: true });
  });

  describe('is refused, not formatted, where it holds', () => {
    const refused = (reason: RegExp, unchanged = () => contents(host).toString('latin1')) => {
      const before = unchanged();
      expect(host.run('volume')).toMatchObject({ code: 3, reason: expect.stringMatching(reason) });
      expect(formats(host)).toEqual([]);
      expect(unchanged() === before).toBe(true);
    };

    test('a foreign file system', () => {
      format(host, '-L', 'somebody');
      refused(/not ours \(type ext4, label somebody\)/);
    });

    test('a file system without a label', () => {
      format(host);
      refused(/not ours \(type ext4, label none\)/);
    });

    test('a partition table', () => {
      writeAt(host, 510, Buffer.from([0x55, 0xaa]));
      writeAt(host, 446, Buffer.from([0, 0, 2, 0, 0x83, 0, 3, 0, 1, 0, 0, 0, 255, 0, 0, 0]));
      refused(/not ours/);
    });

    test('bytes that no program knows, at its beginning', () => {
      writeAt(host, 4096, Buffer.from('somebody encrypted this'));
      refused(/not ours \(type unknown/);
    });

    test('bytes that no program knows, at its end', () => {
      writeAt(host, size - 512, Buffer.from('a RAID keeps its superblock here'));
      refused(/not ours \(type unknown/);
    });

    test('a file system of ours that has lost its beginning, which can be brought back from a copy of its superblock', () => {
      // blocks of 4 KiB, as on any volume of EBS: the first copy is at 128 MiB, where the superblock itself would be at 1 KiB
      truncateSync(join(host.root, 'disk'), 2 ** 28);
      format(host, '-b', '4096', '-L', 'searchgate');
      writeAt(host, 0, Buffer.alloc(2 ** 20));
      const copy = () =>
        execFileSync('/usr/sbin/blkid', [
          '--probe',
          '--offset',
          `${2 ** 27 - 1024}`,
          join(host.root, 'disk'),
        ]).toString();
      expect(copy()).toContain('LABEL="searchgate"');
      refused(/not ours \(type unknown/, copy);
    });

    test('a damaged file system of ours', () => {
      format(host, '-L', 'searchgate');
      // the group descriptors: fsck in its cautious mode gives up on these
      writeAt(host, 2048, Buffer.alloc(2048, 0xff));
      refused(/damaged beyond .*: make a snapshot/, () => identity(host));
    });

    test('files without our marker', () => {
      format(host, '-L', 'searchgate');
      host.write('srv/searchgate/somebodys-file', '');
      refused(/not our marker/, () => identity(host));
    });

    test('the data of another deployment', () => {
      format(host, '-L', 'searchgate');
      host.write('srv/searchgate/.searchgate', 'name=production\n');
      refused(/belongs to the deployment "production"/, () => identity(host));
    });
  });

  test('beside a second file system with our label it is refused, and neither is touched', () => {
    format(host, '-L', 'searchgate');
    labelledDevices(host, '$root/disk', '/dev/nvme7n1');
    expect(host.run('volume')).toMatchObject({
      code: 3,
      reason: expect.stringMatching(
        /^beside vol-0123456789abcdef0 \(\S+\/disk\), \/dev\/nvme7n1 has our label too: detach/,
      ),
    });
    expect(host.calls.join('\n')).not.toMatch(/^(mkfs|mount|fsck)/m);
    labelledDevices(host, '$root/disk');
    expect(host.run('volume').code).toBe(0);
  });

  test('a volume that cannot be read is not taken for a blank one', () => {
    host.replace('cmp', 'echo "cmp: Input/output error" >&2; exit 2');
    expect(host.run('volume').code).toBe(3);
    host.replace('cmp', '');
    host.replace('wipefs', 'exit 1');
    expect(host.run('volume').code).toBe(3);
    expect(formats(host)).toEqual([]);
  });

  test('a host that lost power while it formatted formats again at its next boot', () => {
    host.replace('mkfs.ext4', 'printf garbage | dd of="$6" bs=1 seek=8192 conv=notrunc status=none; kill -9 $PPID');
    expect(host.run('volume').code).toBe(null);
    host.replace('mkfs.ext4', 'exec /usr/sbin/mkfs.ext4 "$@"');
    expect(host.run('volume')).toMatchObject({ code: 0, summary: expect.stringMatching(/^formatted/) });
  });

  test('that a volume is being formatted is forgotten for good once it is seen to be ours, so that another one would have to be blank', () => {
    const formatting = 'var/lib/searchgate/formatting';
    host.run('volume');
    expect(host.has(formatting)).toBe(false);
    // as after a power cut that lost the removal
    host.write(formatting, 'vol-0123456789abcdef0\n');
    rmSync(join(host.root, 'mounted'));
    host.replace('sync', '');
    expect(host.run('volume')).toMatchObject({ code: 0, summary: expect.stringMatching(/^mounted/) });
    expect(host.has(formatting)).toBe(false);
    expect(host.calls).toContain(`sync -f ${host.root}/var/lib/searchgate`);
  });

  test('the mount point taken by another device is refused', () => {
    host.write('mounted', '/dev/nvme9n1\n');
    expect(host.run('volume')).toMatchObject({ code: 3, reason: expect.stringMatching(/taken by \/dev\/nvme9n1/) });
  });
});
