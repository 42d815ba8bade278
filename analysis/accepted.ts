import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AcceptedFindings } from '../constructs/accepted-findings';
import { readStacks } from '../local/terraform/configuration';

/** A finding that is meant, with the reason. */
export interface Accepted {
  /** checkov's, such as `CKV_AWS_18`, or tflint's rule, such as `terraform_documented_outputs`. */
  readonly check: string;
  /** `STACK:NAME` or `MODULE:NAME`, Terraform's name. */
  readonly resource: string | RegExp;
  readonly because: string;
}

/** What tflint is told that no resource here could carry. */
export const besideResources: readonly Accepted[] = [
  {
    check: 'terraform_documented_outputs',
    resource: /:cross_stack_output_/,
    because: 'CDKTF writes these outputs for other stacks, which name what they read; no person looks them up',
  },
  {
    check: 'terraform_standard_module_structure',
    resource: /^example:Module$/,
    because: 'the example of the modules has no variables: its values are those of the settings that it is made from',
  },
];

/** What the resources of a synth accept, as their comments say. */
export function acceptedInStacks(synth: string): Accepted[] {
  return [...readStacks(synth)].flatMap(([stack, { resource = {} }]) =>
    Object.values(resource).flatMap((named) =>
      Object.entries(named).flatMap(([name, { '//': comment }]) => {
        const { accepted = {} } = (comment ?? {}) as { accepted?: AcceptedFindings };
        return Object.entries(accepted).map(([check, because]) => ({ check, resource: `${stack}:${name}`, because }));
      }),
    ),
  );
}

/** By what name a module is called. */
export interface ModuleCall {
  readonly name: string;
  readonly module: string;
}

/** How findings in plans name a module's resource, which they know by the names of calls. */
export function asCalled(module: string, resource: string, calls: readonly ModuleCall[]): string[] {
  return calls.filter((call) => call.module === module).map((call) => `${call.name}:${resource}`);
}

/** What the resources of modules accept, as the comments say that checkov reads too: a plan of them has no comments. */
export function acceptedInModules(modules: string, calls: readonly ModuleCall[]): Accepted[] {
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('main.tf'));
  return files.flatMap((file) => {
    const module = file.split('/')[0] ?? '';
    const resources = [
      ...readFileSync(join(modules, file), 'utf8').matchAll(/^resource "\w+" "(\w+)" \{\n((?: +# .*\n)+)/gm),
    ];
    return resources.flatMap(([, name = '', comments = '']) =>
      [...comments.matchAll(/# checkov:skip=(\w+): (.*)/g)].flatMap(([, check = '', because = '']) =>
        asCalled(module, name, calls).map((resource) => ({ check, resource, because })),
      ),
    );
  });
}
