import { isRecord, type Plan } from './plan';

/** An index of a module or resource, as it stands in an address: `[0]`, `["a.b"]`. */
const index = /\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g;
const modules = new RegExp(`^(?:module\\.[\\w-]+(?:${index.source})?\\.)*`);

/**
 * The expressions that a resource is configured with, by argument: what they refer to, not what they come to. Undefined where the
 * plan does not have the resource's configuration.
 */
export function configuredArguments(address: string, plan: Plan): Record<string, unknown> | undefined {
  const parts = withoutIndices(address).split('.');
  let module = plan.configuration?.root_module;
  while (parts[0] === 'module') {
    const [, name = ''] = parts.splice(0, 2);
    module = module?.module_calls[name]?.module;
  }
  const local = parts.join('.');
  return module?.resources.find((each) => each.address === local)?.expressions;
}

/**
 * Whether somebody configured an argument; true where the plan does not tell. One that nobody configured is the provider's to fill:
 * its value says nothing to a reader, and its default opens nothing.
 */
export function isConfigured(address: string, argument: string, plan: Plan): boolean {
  const configured = configuredArguments(address, plan);
  return configured === undefined || configured[argument] !== undefined;
}

/** An address of all that `count` and `for_each` make of a resource, as an expression refers to one of them. */
export function withoutIndices(address: string): string {
  return address.replaceAll(index, '');
}

/** The module that a resource is in, as it stands at the front of its address; empty for the root. */
export function moduleOf(address: string): string {
  return modules.exec(address)?.[0] ?? '';
}

/** Which resources of a type an argument refers to: Terraform lists `aws_s3_bucket.x.id` and `aws_s3_bucket.x`. */
export function referencesTo(type: string, expression: unknown): string[] {
  const found = isRecord(expression) ? expression.references : undefined;
  const whole = new RegExp(`^${type}\\.[^.]+$`);
  return Array.isArray(found) ? found.filter((each): each is string => whole.test(String(each))) : [];
}
