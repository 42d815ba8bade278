import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessGroup } from '../process-group';
import { buildElasticsearch } from './build';
import { addToKeystore, javaOptions, logging } from './start';

export interface ConfiguredNodeOptions {
  /** The folder with `elasticsearch.yml` and `certs/`, as a host's setup has written them. */
  readonly configuration: string;
  /** A folder for what the process writes beside its data. */
  readonly temporary: string;
  /** What counts as the password of `elastic` until somebody changes it. */
  readonly bootstrapPassword: string;
  /** Heap as the JVM writes it. @default 384m */
  readonly heap?: string;
  /** What starts the program in another place than this one, such as `ip netns exec NAME`; has to become the program. */
  readonly inside?: readonly string[];
  /** Whether the configuration's watermarks for disks count. @default false: a developer's full disk is no reason to refuse their documents */
  readonly watermarks?: boolean;
  /** The release. @default elasticsearchVersion */
  readonly version?: string;
  /** A folder whose folders stand for S3 buckets. @default none, so that no bucket is there */
  readonly buckets?: string;
}

/** A node under way. It ends with the process that started it. */
export interface ConfiguredNode {
  /** The file with all that it writes. */
  readonly log: string;
  /** Resolves once it is gone. */
  readonly ended: Promise<number | null>;
  /** Sends a signal: SIGKILL is a power cut, SIGSTOP a machine that halts, SIGCONT one that goes on. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Starts a real Elasticsearch from a configuration that others have written, and does not wait for it to answer. */
export async function startConfiguredNode(options: ConfiguredNodeOptions): Promise<ConfiguredNode> {
  const { configuration, temporary, bootstrapPassword } = options;
  const build = await buildElasticsearch(undefined, options.version);
  await mkdir(temporary, { recursive: true });
  await writeFile(join(configuration, 'log4j2.properties'), logging);
  await addToKeystore(build, temporary, configuration, 'bootstrap.password', bootstrapPassword);
  const log = join(temporary, 'output.log');
  const output = createWriteStream(log, { flags: 'a' });
  await new Promise((resolve) => output.once('open', resolve));
  const [program = build.java, ...before] = [...(options.inside ?? []), build.java];
  const group = new ProcessGroup(
    program,
    [
      ...before,
      ...javaOptions(build.home, temporary, options.heap ?? '384m'),
      '-Dsearchgate.until.input.ends=true',
      ...(options.buckets === undefined ? [] : [`-Dsearchgate.buckets=${options.buckets}`]),
      'NodeLauncher',
      build.home,
      configuration,
      ...(options.watermarks === true ? [] : ['cluster.routing.allocation.disk.threshold_enabled=false']),
    ],
    { cwd: temporary, stdio: ['pipe', output, output] },
  );
  void group.ended.then(() => output.close());
  return {
    log,
    ended: group.ended,
    signal: (signal) => void group.child.kill(signal),
    stop: () => group.end(15_000),
  };
}
