import type { Block } from './hcl';

/** The providers that modules may need, with the versions that are known to do. */
const known = {
  // What the gateway streams with is new in 6.25.0.
  aws: { source: 'hashicorp/aws', version: '>= 6.25.0, < 7.0.0' },
  tls: { source: 'hashicorp/tls', version: '>= 4.0.0, < 5.0.0' },
} as const;

export type ProviderName = keyof typeof known;

/** Terraform itself: what the variables' types and the tests need is in all of these. */
export const terraformVersion = '>= 1.10.0';

export function requirement(name: ProviderName): { source: string; version: string } {
  return known[name];
}

/** The providers that blocks have resources of. */
export function providersOf(blocks: readonly Block[]): ProviderName[] {
  const types = blocks.flatMap(({ header: [kind, type = ''] }) => (['resource', 'data'].includes(kind) ? [type] : []));
  return (Object.keys(known) as ProviderName[]).filter((name) => types.some((type) => type.startsWith(`${name}_`)));
}

export function versionsBlock(providers: readonly ProviderName[]): Block {
  return {
    header: ['terraform'],
    arguments: { required_version: terraformVersion },
    blocks: [
      {
        header: ['required_providers'],
        arguments: Object.fromEntries(providers.map((name) => [name, { ...known[name] }])),
      },
    ],
  };
}
