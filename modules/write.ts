import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App } from 'cdktf';
import type { Settings } from '../settings';
import { stackBlocks } from './cdktf-blocks';
import { CertificatesModule } from './certificates-module';
import { exampleBlocks, exampleReadme } from './example';
import { CertificateModule, GatewayModule } from './gateway-module';
import { Bare, type Block, hclFile, type Value } from './hcl';
import { HostModule } from './host-module';
import { variableBlock } from './input';
import type { ModuleStack } from './module-stack';
import { movedBlocks } from './moves';
import { NetworkModule, VpcModule } from './network-module';
import { PowerModule } from './power-module';
import { moduleReadme } from './readme';
import { providersOf, versionsBlock } from './required-providers';
import { type Shape, shapeOf } from './shape';
import { BucketModule, StorageModule } from './storage-module';
import { testBlocks } from './terraform-test';

/** A module as it was written. */
export interface WrittenModule {
  /** Its folder below the modules'. */
  readonly path: string;
  readonly resources: number;
}

/**
 * Writes the modules and the example that wires them. The same settings and sources always give the same bytes.
 *
 * @param folder is emptied first
 * @throws ShapeError where settings want what the modules cannot be
 */
export function writeModules(settings: Settings, folder: string): WrittenModule[] {
  const shape = shapeOf(settings);
  const outdir = mkdtempSync(join(tmpdir(), 'searchgate-modules-'));
  try {
    const app = new App({ outdir, skipValidation: true });
    const stacks: ModuleStack[] = [
      new NetworkModule(app, shape),
      new VpcModule(app, shape),
      new CertificatesModule(app, shape),
      new StorageModule(app, shape),
      new BucketModule(app),
      new HostModule(app, shape),
      new GatewayModule(app, shape),
      new CertificateModule(app),
      ...(shape.power ? [new PowerModule(app, shape)] : []),
    ];
    app.synth();
    rmSync(folder, { recursive: true, force: true });
    const written = stacks.map((stack) => {
      const assets = join(outdir, 'stacks', stack.node.id, 'assets');
      if (existsSync(assets)) cpSync(assets, join(folder, stack.path, 'assets'), { recursive: true });
      const module = { path: stack.path, blocks: stackBlocks(stack) };
      writeModule(stack, module.blocks, folder, settings);
      return module;
    });
    for (const call of moduleCalls(settings, shape)) {
      const modules = written.filter(({ path }) => path.split('/')[0] === call.module);
      writeFiles(join(folder, 'moved'), { [`${call.name}.tf`]: hclFile(movedBlocks(call.name, modules)) });
    }
    const example = exampleBlocks(settings, shape, stacks);
    const isOutput = ({ header: [kind] }: Block) => kind === 'output';
    writeFiles(join(folder, 'example'), {
      'main.tf': hclFile(example.filter((block) => !isOutput(block))),
      'outputs.tf': hclFile(example.filter(isOutput)),
      'README.md': exampleReadme(settings),
    });
    return written.map(({ path, blocks }) => ({
      path,
      resources: blocks.filter(({ header: [kind] }) => kind === 'resource').length,
    }));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The calls that the example has, each with its module. */
export function moduleCalls(
  { services }: Settings,
  { power }: Pick<Shape, 'power'>,
): { name: string; module: string }[] {
  const parts = ['network', 'certificates', 'storage', 'host', ...(power ? ['power'] : [])];
  return [
    ...parts.map((name) => ({ name, module: name })),
    ...services.map(({ name }) => ({ name, module: 'gateway' })),
  ];
}

function writeModule(stack: ModuleStack, blocks: readonly Block[], folder: string, settings: Settings): void {
  const providers = providersOf(blocks);
  const outputs = stack.outputs.map(
    ({ name, description, value }): Block => ({
      header: ['output', name],
      arguments: { description, value: value instanceof Bare ? value : (stack.resolve(value) as Value) },
    }),
  );
  const inputs = [...stack.inputs];
  const submodule = stack.path.includes('/');
  writeFiles(join(folder, stack.path), {
    'main.tf': hclFile(blocks),
    'variables.tf': hclFile(inputs.map(variableBlock)),
    'outputs.tf': hclFile(outputs),
    'versions.tf': hclFile([versionsBlock(providers)]),
    'README.md': moduleReadme(stack, blocks, providers),
    ...(submodule ? {} : { [`tests/${stack.path}.tftest.hcl`]: hclFile(testBlocks(stack, settings, providers)) }),
  });
}

function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
