import { TerraformElement, TerraformStack } from 'cdktf';
import type { Node } from 'constructs';

/** A stack whose Terraform addresses are the paths of its constructs. */
export abstract class AddressedStack extends TerraformStack {
  private readonly pathsByLogicalId = new Map<string, string>();

  /**
   * Terraform addresses without CDKTF's hashes (`aws_subnet.network_host_subnet_0`), since people read and type them. As in
   * CDKTF's own, a construct with the id `Default` does not show.
   *
   * @throws Error when two constructs would share one
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    const [, ...ids] = node.scopes.map((scope) => scope.node.id).slice(node.scopes.indexOf(this));
    const logicalId = ids
      .filter((id) => id !== 'Default')
      .join('_')
      .replaceAll(/[^A-Za-z0-9]+/g, '_');
    const path = this.pathsByLogicalId.get(logicalId) ?? node.path;
    if (path !== node.path)
      throw new Error(`${node.path} and ${path} would both be ${logicalId} in Terraform: rename one`);
    this.pathsByLogicalId.set(logicalId, path);
    return logicalId;
  }
}
