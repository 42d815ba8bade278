import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import type { App } from 'cdktf';
import { PrivateBucket } from '../constructs/private-bucket';
import { Storage } from '../patterns/storage';
import { region, zones } from './inputs';
import { ModuleStack, refer } from './module-stack';
import type { Shape } from './shape';

/** Data volumes, and the bucket for snapshots unless one is passed in. */
export class StorageModule extends ModuleStack {
  constructor(app: App, shape: Shape) {
    super(
      app,
      'storage',
      'What outlives every host: data volumes and the bucket for snapshots. A bucket can be passed in.',
    );
    this.inputs.push(region);
    const zoneNames = zones(this.inputs, shape).map((each) => this.text(each));
    this.setting('data_volume', 'host.dataVolume');
    this.existing(
      'existing_snapshot_bucket',
      { name: 'string' },
      'A bucket to use for snapshots instead of making one',
    );
    const account = new DataAwsCallerIdentity(this, 'account').accountId;
    const bucket = this.madeUnless('existing_snapshot_bucket', 'bucket', {
      name: 'var.name',
      tags: 'var.tags',
      bucket_name: '"${var.name}-snapshots-${data.aws_caller_identity.account.account_id}-${var.region}"',
    });
    this.resolve(account);
    const name = bucket('name');
    const { dataVolumeIds } = new Storage(this, 'Default', {
      name: this.name,
      region: this.text('var.region'),
      nodeZones: Array.from({ length: shape.nodes }, (_, node) => zoneNames[node % zoneNames.length] ?? ''),
      dataVolume: {
        size: this.number('var.data_volume.size'),
        type: this.text('var.data_volume.type'),
        iops: this.number('var.data_volume.iops'),
        throughput: this.number('var.data_volume.throughput'),
      },
      snapshots: { name: this.text(name), arn: this.text(`"arn:aws:s3:::\${${name}}"`) },
    });
    this.output('data_volume_ids', 'The data volume of each node', [...dataVolumeIds]);
    this.output('snapshot_bucket', 'The name of the bucket for snapshots', refer(name));
  }
}

/** The bucket by itself, which the storage module calls where none is given. */
export class BucketModule extends ModuleStack {
  constructor(app: App) {
    super(app, 'storage/bucket', 'The bucket of the storage module.');
    this.inputs.push({ name: 'bucket_name', type: 'string', description: 'The name, unique in all of AWS' });
    const bucket = new PrivateBucket(this, 'Default', { bucketName: this.text('var.bucket_name'), oldVersionDays: 30 });
    this.output('name', "The bucket's name", bucket.name);
  }
}
