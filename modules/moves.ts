import { Bare, type Block } from './hcl';

/** Where a module's folder has a module of its own: what its resources' names begin with in the stack, which has none. */
const inner: Readonly<Record<string, string>> = { vpc: 'network', bucket: 'snapshots', certificate: 'domain' };

/** A module's own blocks, and the path of its folder. */
export interface MovedModule {
  readonly path: string;
  readonly blocks: readonly Block[];
}

/**
 * `moved` blocks that lead what CDKTF deployed as a stack into the call of a module, so that nothing is made anew.
 *
 * @param call the name of the module's call
 * @param modules the module, and those in its folder
 */
export function movedBlocks(call: string, modules: readonly MovedModule[]): Block[] {
  return modules.flatMap(({ path, blocks }) => {
    const [, own] = path.split('/');
    const to = own === undefined ? `module.${call}` : `module.${call}.module.${own}[0]`;
    const prefix = own === undefined ? '' : `${inner[own]}_`;
    return blocks.flatMap(({ header: [kind, type, name] }) =>
      kind === 'resource'
        ? [
            {
              header: ['moved'] as const,
              arguments: { from: new Bare(`${type}.${prefix}${name}`), to: new Bare(`${to}.${type}.${name}`) },
            },
          ]
        : [],
    );
  });
}
