import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { App, AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { zipSync } from 'fflate';

export interface LambdaBundleProps {
  /** The TypeScript file whose exports are the function's handlers. Fixed at synth. */
  readonly entry: string;
  /** Packages that the runtime has, which are left to it, as in `@aws-sdk/*`. Fixed at synth. @default none */
  readonly external?: string[];
}

/** A zip that does not change with clock, folder, user or platform. */
export interface LambdaZip {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, base64: what Lambda reports as CodeSha256. */
  readonly sha256: string;
}

/** The earliest date a zip can hold. Zips hold local times, so it is a local one and the same bytes everywhere. */
const zipEpoch = new Date(1980, 0, 1);

/**
 * Bundles a TypeScript file and what it imports into one `index.js` and zips it.
 *
 * The zip is made here and not by Terraform or CDKTF, because theirs carry modification times and modes: the same source would
 * be another zip on another machine, and every plan would show a change.
 *
 * @throws esbuild's error when the source does not bundle
 */
export function bundleLambda(entry: string, external: string[] = []): LambdaZip {
  const { outputFiles } = buildSync({
    entryPoints: [basename(entry)],
    absWorkingDir: dirname(entry),
    bundle: true,
    external,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
    tsconfigRaw: '{}',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`esbuild wrote nothing for ${entry}`);
  const bytes = zipSync({
    'index.js': [bundle.contents, { mtime: zipEpoch, os: 3, attrs: 0o100644 << 16, level: 9 }],
  });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('base64') };
}

/** A Lambda function's code as a Terraform asset, bundled when the stack is synthesized. */
export class LambdaBundle extends Construct {
  /** The zip's path, relative to the stack's folder. */
  readonly path: string;
  /** What `source_code_hash` takes: it equals Lambda's CodeSha256. */
  readonly sourceCodeHash: string;

  constructor(scope: Construct, id: string, props: LambdaBundleProps) {
    super(scope, id);
    const { bytes, sha256 } = bundleLambda(props.entry, props.external);
    const hash = Buffer.from(sha256, 'base64').toString('hex');
    const asset = new TerraformAsset(this, 'zip', {
      path: this.placed(bytes),
      type: AssetType.FILE,
      assetHash: hash.slice(0, 32),
    });
    this.path = asset.path;
    this.sourceCodeHash = sha256;
  }

  /**
   * Puts the zip where CDKTF copies it from: into the output folder, which is the user's own. A folder for temporary files is
   * shared by all users of a machine, any of whom could own the path, or put another zip there.
   */
  private placed(bytes: Uint8Array): string {
    const folder = resolve(App.of(this).outdir, 'bundles', ...this.node.path.split('/'));
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'function.zip');
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, bytes);
    renameSync(draft, file);
    return file;
  }
}
