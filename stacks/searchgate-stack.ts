import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Backend, TerraformElement, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import { AddressPlan } from '../constructs/address-plan';
import type { Settings } from '../settings';

/** A stack with its provider and its state in the state bucket. Everything in it is tagged with the deployment and the stack. */
export abstract class SearchgateStack extends TerraformStack {
  protected readonly settings: Settings;
  private readonly pathsByLogicalId = new Map<string, string>();

  constructor(scope: Construct, id: string, settings: Settings, region = settings.region) {
    super(scope, id);
    this.settings = settings;
    new AwsProvider(this, 'aws', {
      region,
      defaultTags: [{ tags: { ...settings.tags, 'searchgate:name': settings.name, 'searchgate:stack': id } }],
    });
    new S3Backend(this, {
      bucket: settings.state.bucket,
      key: `searchgate/${settings.name}/${id}.tfstate`,
      region: settings.state.region,
      encrypt: true,
    });
    // CDKTF 0.21 has no property for it; Terraform then locks with a file beside the state and needs no DynamoDB table.
    this.addOverride('terraform.backend.s3.use_lockfile', true);
    this.addOverride('terraform.required_version', '>= 1.10.0');
  }

  /** How names of resources begin. */
  protected get name(): string {
    return this.settings.name;
  }

  /** The fixed address of each node, from the settings alone. */
  protected get nodeAddresses(): string[] {
    const { network, host } = this.settings;
    return new AddressPlan(network.cidr).nodeAddresses(host.nodes, network.zones.length);
  }

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
