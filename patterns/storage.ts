import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { Construct } from 'constructs';
import { DataVolume, type VolumeSpecification } from '../constructs/data-volume';
import { nodeName } from '../constructs/deployment-names';
import { PrivateBucket } from '../constructs/private-bucket';

/** A bucket, by what others have to know of it. */
export interface BucketAttributes {
  readonly name: string;
  readonly arn: string;
}

export interface StorageProps {
  /** The deployment's name. */
  readonly name: string;
  readonly region: string;
  /** The availability zone of each node. How many there are is fixed at synth. */
  readonly nodeZones: readonly string[];
  readonly dataVolume: VolumeSpecification;
  /** A bucket for snapshots that is there already. Whether it is given is fixed at synth. @default one is made */
  readonly snapshots?: BucketAttributes;
}

/** What has to outlive every host: it depends on nothing that could take it along. */
export class Storage extends Construct {
  /** One a node. */
  readonly dataVolumeIds: readonly string[];
  readonly snapshots: BucketAttributes;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.dataVolumeIds = props.nodeZones.map((zone, node) => {
      const name = nodeName(node);
      return new DataVolume(this, name, { ...props.dataVolume, name: `${props.name}-${name}-data`, zone }).volumeId;
    });
    this.snapshots = props.snapshots ?? this.makeBucket(props);
  }

  private makeBucket({ name, region }: StorageProps): BucketAttributes {
    const account = new DataAwsCallerIdentity(this, 'account').accountId;
    return new PrivateBucket(this, 'snapshots', {
      bucketName: `${name}-snapshots-${account}-${region}`,
      oldVersionDays: 30,
    });
  }
}
