import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { S3Backend } from 'cdktf';
import type { Construct } from 'constructs';
import { AddressPlan } from '../constructs/address-plan';
import type { Settings } from '../settings';
import { AddressedStack } from './addressed-stack';

/** A stack with its provider and its state in the state bucket. Everything in it is tagged with the deployment and the stack. */
export abstract class SearchgateStack extends AddressedStack {
  protected readonly settings: Settings;

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

  /** The nodes that hold data: with dedicated masters those after the first three. */
  protected holdsData(node: number): boolean {
    return this.settings.host.masters === 'all' || node >= 3;
  }

  protected runsKibana(node: number): boolean {
    return this.settings.host.kibana === 'all' || node === 0;
  }
}
