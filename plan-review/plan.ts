import { z } from 'zod';

const change = z.looseObject({
  actions: z.array(z.enum(['no-op', 'create', 'read', 'update', 'delete', 'forget'])),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
  importing: z.unknown().optional(),
});

const resourceChange = z.looseObject({
  address: z.string(),
  previous_address: z.string().optional(),
  /** Set for what an interrupted replacement left behind. */
  deposed: z.string().optional(),
  mode: z.enum(['managed', 'data']),
  type: z.string(),
  change,
});

const configuredResource = z.looseObject({
  address: z.string(),
  expressions: z.record(z.string(), z.unknown()).optional(),
});

/** A module's configuration, with that of the modules that it calls. */
interface ConfiguredModule {
  readonly resources: readonly z.output<typeof configuredResource>[];
  readonly module_calls: Readonly<Record<string, { readonly module?: ConfiguredModule | undefined }>>;
}

const configuredModule: z.ZodType<ConfiguredModule> = z.lazy(() =>
  z.looseObject({
    resources: z.array(configuredResource).default([]),
    module_calls: z.record(z.string(), z.looseObject({ module: configuredModule.optional() })).default({}),
  }),
);

const planSchema = z.looseObject({
  format_version: z.string().regex(/^1\./),
  resource_changes: z.array(resourceChange).default([]),
  resource_drift: z.array(resourceChange).default([]),
  output_changes: z.record(z.string(), change).default({}),
  errored: z.boolean().default(false),
  configuration: z.looseObject({ root_module: configuredModule.optional() }).optional(),
});

/**
 * What `terraform show -json PLAN` writes, as far as a review reads it.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
 */
export type Plan = z.output<typeof planSchema>;
export type Change = z.output<typeof change>;
export type ResourceChange = z.output<typeof resourceChange>;

/** One stack's plan, and the name that people know it by. */
export interface StackPlan {
  readonly stack: string;
  readonly plan: Plan;
}

/** What a plan does to one resource. `none` is also a resource that only got another address. */
export type Effect = 'create' | 'update' | 'replace' | 'delete' | 'forget' | 'read' | 'none';

/**
 * Reads the text of `terraform show -json`.
 *
 * @returns the plan, or in words what is wrong with the text
 */
export function readPlan(text: string): Plan | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'no JSON; `terraform show -json PLANFILE` writes what is wanted here';
  }
  const result = planSchema.safeParse(parsed);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return `not the JSON of a plan (${issue?.path.join('.') || 'the whole file'}: ${issue?.message}); \`terraform show -json PLANFILE\` writes what is wanted here`;
}

export function effectOf({ actions }: Change): Effect {
  const [first, second] = actions;
  if (second !== undefined) return 'replace';
  return first === undefined || first === 'no-op' ? 'none' : first;
}

/** The changes of resources that Terraform manages, without those that change nothing. */
export function managedChanges(plan: Plan): ResourceChange[] {
  return plan.resource_changes.filter(({ mode, change }) => mode === 'managed' && effectOf(change) !== 'none');
}

/** Resources that get another address and keep everything else, or that Terraform takes over. */
export function movesAndImports(plan: Plan): string[] {
  return plan.resource_changes.flatMap(({ address, previous_address, change }) => [
    ...(previous_address !== undefined && previous_address !== address
      ? [`${previous_address} is now ${address}`]
      : []),
    ...(change.importing !== undefined && change.importing !== null ? [`${address} is imported`] : []),
  ]);
}

/** An object's entry; undefined for whatever is no object. */
export function entry(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}

/** Blocks of a kind within another, which stand alone or in a list. */
export function blocks(value: unknown): Record<string, unknown>[] {
  return [value].flat().filter(isRecord);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
