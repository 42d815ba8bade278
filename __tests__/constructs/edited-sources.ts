import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const folder = join(__dirname, '../../constructs');

/** What stands once in a file of `constructs/`, and what is put in its place. */
export interface Edit {
  readonly file: string;
  readonly original: string;
  readonly edited: string;
}

/**
 * Loads constructs from sources that were edited on the way, as somebody who edits the file would have them.
 *
 * @param files the files of `constructs/` whose exports are wanted
 * @throws Error when what is to be edited does not stand there exactly once
 */
export async function withEdits<Exports>(files: readonly string[], ...edits: Edit[]): Promise<Exports> {
  for (const { file, original } of edits) {
    const count = readFileSync(join(folder, file), 'utf8').split(original).length - 1;
    if (count !== 1) throw new Error(`${file} holds ${original} ${count} times`);
  }
  const { outputFiles } = await build({
    stdin: { contents: files.map((file) => `export * from './${file}';`).join('\n'), resolveDir: folder },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'edits',
        setup({ onLoad }) {
          onLoad({ filter: /constructs\/[\w-]+\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, 'utf8');
            const own = edits.filter(({ file }) => file === basename(path));
            const contents = own.reduce((sofar, { original, edited }) => sofar.replace(original, () => edited), text);
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', '__dirname', outputFiles[0]?.text ?? '')(
    module,
    module.exports,
    require,
    folder,
  );
  return module.exports as Exports;
}
