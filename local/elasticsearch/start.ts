import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ProcessGroup } from '../process-group';
import { buildElasticsearch, type ElasticsearchBuild } from './build';

export interface ElasticsearchOptions {
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Server certificate, PEM. */
  readonly certificate: string;
  /** Its private key, PEM PKCS#8. */
  readonly key: string;
  /** CA certificate that the server certificate is checked against before the server counts as started, PEM. */
  readonly ca: string;
  /** Password of the user `elastic`. */
  readonly elasticPassword: string;
  /** Heap as the JVM writes it. @default 512m */
  readonly heap?: string;
  /** Where the data lies and stays. @default a temporary folder that goes with the process */
  readonly dataFolder?: string;
  /** A folder whose folders stand for S3 buckets. @default none, so that no bucket is there */
  readonly buckets?: string;
  /** The release. @default elasticsearchVersion */
  readonly version?: string;
  /** Further settings for elasticsearch.yml, such as `http.compression`. */
  readonly settings?: Readonly<Record<string, string | boolean | number>>;
}

export interface RunningElasticsearch {
  /** Its address; the certificate names the server, not this address. */
  readonly url: string;
  readonly pid: number;
  /** Ends it; resolves once it has gone. */
  stop(): Promise<void>;
}

const startSeconds = 180;

/**
 * Starts a real Elasticsearch on 127.0.0.1 with TLS and security, and waits until it answers. It ends with the process that started it.
 * @throws Error with the end of its log where it does not start.
 */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<RunningElasticsearch> {
  const build = await buildElasticsearch(undefined, options.version);
  const folder = await mkdtemp(join(tmpdir(), 'elasticsearch-'));
  await writeConfiguration(build, folder, options);

  const log = join(folder, 'output.log');
  const output = createWriteStream(log);
  await once(output, 'open');
  const group = new ProcessGroup(
    build.java,
    [
      ...javaOptions(build.home, folder, options.heap ?? '512m'),
      '-Dsearchgate.until.input.ends=true',
      ...(options.buckets === undefined ? [] : [`-Dsearchgate.buckets=${options.buckets}`]),
      'NodeLauncher',
      build.home,
      join(folder, 'config'),
    ],
    { cwd: folder, stdio: ['pipe', output, output] },
  );
  let ended = false;
  group.ended.then(() => {
    ended = true;
  });
  const stop = async () => {
    await group.end(15_000);
    output.close();
    await rm(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + startSeconds * 1000;
  while (!(await answers(options))) {
    if (ended || Date.now() > deadline) {
      const what = ended ? 'ended' : `does not answer after ${startSeconds} s`;
      const text = await readFile(log, 'utf8');
      await stop();
      throw new Error(`Elasticsearch ${what}:\n${text.slice(-4000)}`);
    }
    await wait(250);
  }
  return { url: `https://127.0.0.1:${options.port}`, pid: group.child.pid ?? 0, stop };
}

/** The JVM's options as upstream's start script gives them, but for what the runtime lacks; ends with the class path. */
export function javaOptions(home: string, temporary: string, heap: string): string[] {
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
    '-Djava.locale.providers=CLDR',
    `-Djava.io.tmpdir=${temporary}`,
    '-Djna.nosys=true',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Des.distribution.type=tar',
    `-Des.nativelibs.path=${home}/nativelib`,
    '-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false',
    '--enable-native-access=ALL-UNNAMED',
    '-cp',
    `${home}/launcher:${home}/lib/*`,
  ];
}

async function writeConfiguration(
  build: ElasticsearchBuild,
  folder: string,
  options: ElasticsearchOptions,
): Promise<void> {
  const config = join(folder, 'config');
  const data = options.dataFolder ?? join(folder, 'data');
  await mkdir(join(config, 'certs'), { recursive: true, mode: 0o700 });
  await mkdir(data, { recursive: true });
  await writeFile(join(config, 'certs', 'server.crt'), options.certificate);
  await writeFile(join(config, 'certs', 'server.key'), options.key, { mode: 0o600 });
  const settings = {
    'cluster.name': 'searchgate',
    'node.name': 'node-0',
    'path.data': data,
    'path.logs': join(folder, 'logs'),
    'discovery.type': 'single-node',
    'http.host': '127.0.0.1',
    'http.port': options.port,
    'transport.host': '127.0.0.1',
    'transport.port': '0',
    // a developer's full disk is no reason to refuse their documents
    'cluster.routing.allocation.disk.threshold_enabled': false,
    'xpack.security.enabled': true,
    'xpack.security.http.ssl.enabled': true,
    'xpack.security.http.ssl.certificate': 'certs/server.crt',
    'xpack.security.http.ssl.key': 'certs/server.key',
    'xpack.security.transport.ssl.enabled': false,
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  await writeFile(join(config, 'elasticsearch.yml'), lines.join(''));
  await writeFile(join(config, 'log4j2.properties'), logging);
  await addToKeystore(build, folder, config, 'bootstrap.password', options.elasticPassword);
}

/** Every message on standard output. */
export const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** Puts a secure setting into a configuration's keystore, which is made where there is none. */
export async function addToKeystore(
  build: ElasticsearchBuild,
  folder: string,
  config: string,
  name: string,
  value: string,
): Promise<void> {
  const tool = spawn(
    build.java,
    [...javaOptions(build.home, folder, '128m'), 'KeystoreTool', config, 'add', '--stdin', name],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let errors = '';
  tool.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  tool.stdin.end(value);
  const [code] = await once(tool, 'close');
  if (code !== 0) throw new Error(`the keystore could not be written:\n${errors}`);
}

/** Whether the server lets this password in under this CA, to stay. The name is the caller's to check: it knows which one it is. */
function answers({ port, ca, elasticPassword }: ElasticsearchOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        // A little while after the first answer the security index is being made, and nobody can log in without its shard.
        path: '/_cluster/health/.security-7?wait_for_active_shards=1&timeout=1s',
        ca,
        auth: `elastic:${elasticPassword}`,
        checkServerIdentity: () => undefined,
        timeout: 5_000,
        agent: false,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
