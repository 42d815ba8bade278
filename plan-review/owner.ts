import { configuredArguments, isConfigured, moduleOf, withoutIndices } from './configuration';
import { entry, isRecord, type Plan, type ResourceChange } from './plan';

/** Arguments that say what a rule, a permission or a policy belongs to: with another value the same words open something else. */
const owners = (
  'arn bucket cloud_function db_snapshot_identifier domain_name event_bus_name file_system_id ' +
  'function_name image_id key key_id layer_name network network_security_group_name prefix_list_id ' +
  'qualifier queue_url repository resource_arn rest_api_id secret_arn security_group_id service topic ' +
  'vpc_id'
).split(' ');

/**
 * Whether a change leaves a resource with what it belongs to. What only the apply will tell is the same where it refers to what it
 * named before, and the plan makes that anew.
 */
export function keepsOwner({ address, change }: ResourceChange, plan: Plan): boolean {
  return owners.every((argument) => {
    if (!isConfigured(address, argument, plan)) return true;
    const before = entry(change.before, argument) ?? null;
    if (entry(change.after_unknown, argument) !== true) return before === (entry(change.after, argument) ?? null);
    const expression = configuredArguments(address, plan)?.[argument];
    const references = [entry(expression, 'references')]
      .flat()
      .map((each) => withoutIndices(`${moduleOf(address)}${String(each)}`));
    const refersTo = (other: string) =>
      references.some(
        (each) => each === other || (/(?:^|\.)module\.[^.]+$/.test(each) && other.startsWith(`${each}.`)),
      );
    return plan.resource_changes.some(
      ({ address: other, change: { before: values } }) =>
        refersTo(withoutIndices(other)) && isRecord(values) && Object.values(values).includes(before),
    );
  });
}
