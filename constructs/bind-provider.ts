import { Aspects, TerraformDataSource, type TerraformProvider, TerraformResource } from 'cdktf';
import type { IConstruct } from 'constructs';

/**
 * Lets everything of a provider's kind below a construct use this one, such as one with an alias for another region or account.
 * What names a provider itself keeps it.
 */
export function bindProvider(construct: IConstruct, provider: TerraformProvider): void {
  Aspects.of(construct).add({
    visit: (node) => {
      if (!TerraformResource.isTerraformResource(node) && !TerraformDataSource.isTerraformDataSource(node)) return;
      if (node.terraformResourceType.startsWith(`${provider.terraformResourceType}_`)) node.provider ??= provider;
    },
  });
}
