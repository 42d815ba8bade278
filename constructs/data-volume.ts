import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume';
import { Construct } from 'constructs';
import { acceptFindings, underAwsKey } from './accepted-findings';

/** Size and speed of an EBS volume. */
export interface VolumeSpecification {
  /** GiB. */
  readonly size: number;
  /** EBS volume type, such as `gp3`. */
  readonly type: string;
  /** Operations a second. @default what the type has by itself */
  readonly iops?: number;
  /** MiB/s, gp3 only. @default what the type has by itself */
  readonly throughput?: number;
}

export interface DataVolumeProps extends VolumeSpecification {
  /** The Name tag. */
  readonly name: string;
  /** The availability zone. It never follows a host: it decides where the host lives. */
  readonly zone: string;
}

/**
 * An encrypted volume that outlives every host: Terraform refuses to destroy it, and where somebody insists, a snapshot is left
 * behind.
 */
export class DataVolume extends Construct {
  readonly volumeId: string;

  constructor(scope: Construct, id: string, props: DataVolumeProps) {
    super(scope, id);
    const volume = new EbsVolume(this, 'volume', {
      availabilityZone: props.zone,
      size: props.size,
      type: props.type,
      iops: props.iops,
      throughput: props.throughput,
      encrypted: true,
      finalSnapshot: true,
      tags: { Name: props.name },
      lifecycle: { preventDestroy: true },
    });
    acceptFindings(volume, underAwsKey('CKV_AWS_189'));
    this.volumeId = volume.id;
  }
}
