import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPackages, mirrorFolders, registryHost } from './terraform/provider-mirror';

/** A program that the rehearsal or a suite uses where the machine has it. */
export type Tool = keyof typeof tools;

interface ToolDescription {
  /** What to do where it is missing, as the end of a sentence. */
  advice: string;
  present: () => boolean;
}

/** Programs are found, not assumed: what is missing is skipped by name, with the advice given here. */
const tools = {
  terraform: { advice: 'install Terraform 1.10 or newer', present: () => onPath('terraform') },
  'aws-provider': {
    advice:
      "put Terraform's AWS provider into one of its plugin folders, name a mirror in SEARCHGATE_PROVIDER_MIRROR, or go online",
    present: () => findPackages(mirrorFolders(), 'hashicorp/aws').length > 0 || registryReached(),
  },
  python: { advice: 'install Python 3.10 or newer with venv', present: () => onPath('python3') },
  java: { advice: 'install a JDK, 17 or newer', present: () => answers('java', ['-version']) },
  maven: { advice: 'install Apache Maven 3.8 or newer', present: () => onPath('mvn') },
  openssl: { advice: 'install OpenSSL 1.1.1 or newer', present: () => onPath('openssl') },
  curl: { advice: 'install curl', present: () => onPath('curl') },
  chromium: {
    advice:
      'use Linux on x86_64 with libnss3 and libexpat1, where the Chromium of the npm package @sparticuz/chromium starts',
    present: () => answers(process.execPath, ['-e', startsChromium]),
  },
  loopback: {
    advice: 'use Linux, where every address of 127.0.0.0/8 is this machine',
    present: () => process.platform === 'linux',
  },
  disks: {
    advice: 'use Linux, with e2fsprogs and util-linux',
    present: () => ['mkfs.ext4', 'wipefs', 'blkid'].every((program) => onPath(program, '/usr/sbin:/sbin')),
  },
  'cloud-init': { advice: 'install cloud-init 22.2 or newer', present: () => onPath('cloud-init') },
  actionlint: {
    advice: 'run .ci/install-actionlint, which builds it with Go, or put actionlint on PATH',
    present: () => answers(builtHere('actionlint'), ['-version']),
  },
  tflint: {
    advice: 'run .ci/install-tflint, which builds it with Go in some minutes, or put tflint on PATH',
    present: () => answers(builtHere('tflint'), ['--version']),
  },
  'unified-control-groups': {
    advice: 'boot Linux with control groups of version 2, alone or beside version 1',
    present: () => ['', 'unified/'].some((place) => existsSync(`/sys/fs/cgroup/${place}cgroup.controllers`)),
  },
  'memory-control-groups': {
    advice: 'boot Linux with the memory controller of control groups version 1',
    present: () => existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes'),
  },
  'virtual-machine': {
    advice: 'be on x86_64 with QEMU: apt-get install --no-install-recommends qemu-system-x86',
    present: () => process.arch === 'x64' && onPath('qemu-system-x86_64'),
  },
  'network-namespaces': {
    advice: 'be root on Linux with iproute2',
    present: () => process.getuid?.() === 0 && existsSync('/proc/self/ns/net') && onPath('ip'),
  },
  machine: {
    advice: 'run .ci/install-debian-packages as root on Debian: systemd-nspawn, mmdebstrap, dnf, rpm, createrepo_c',
    present: () =>
      process.getuid?.() === 0 &&
      ['systemd-nspawn', 'mmdebstrap', 'dnf', 'rpmbuild', 'createrepo_c'].every((program) => onPath(program)),
  },
} satisfies Record<string, ToolDescription>;

/** Which of the tools are missing here, each with its advice. */
export function missingTools(wanted = Object.keys(tools) as readonly Tool[]): { tool: Tool; advice: string }[] {
  return wanted.filter((tool) => !tools[tool].present()).map((tool) => ({ tool, advice: tools[tool].advice }));
}

/** Ends with 0 where Chromium starts, which alone tells whether the machine has the libraries that it needs. */
const startsChromium = `require('node:module').createRequire(${JSON.stringify(__filename)})('@sparticuz/chromium')
  .executablePath()
  .then((path) => process.exit(require('node:child_process').spawnSync(path, ['--version']).status ?? 1), () => process.exit(1))`;

/** The Chromium that an npm package carries, unpacked below the folder for temporary files (6 s, the first time). */
export async function chromiumPath(): Promise<string> {
  const { default: chromium } = await import('@sparticuz/chromium');
  return chromium.executablePath();
}

/** A program that `.ci/install-…` builds: the project's own build of it, or the one on PATH. */
export function builtHere(program: 'actionlint' | 'tflint'): string {
  const own = join(__dirname, '../.rehearsal/bin', program);
  return existsSync(own) ? own : program;
}

function onPath(program: string, further = ''): boolean {
  return `${process.env.PATH ?? ''}${delimiter}${further}`
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program)));
}

/** The same as `registryAnswers`, for suites, which have to know before they begin. */
function registryReached(): boolean {
  const ask = `fetch('https://${registryHost}/.well-known/terraform.json', { signal: AbortSignal.timeout(5000) })`;
  return answers(process.execPath, ['-e', `${ask}.then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`]);
}

function answers(program: string, parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}
