import type { Construct } from 'constructs';
import { PrivateBucket } from '../constructs/private-bucket';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/** The bucket of the Terraform state. It has to exist before any other stack, so `npm run bootstrap` makes it by itself. */
export class StateStack extends SearchgateStack {
  readonly bucket: PrivateBucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, settings, settings.state.region);
    this.bucket = new PrivateBucket(this, 'state', { bucketName: settings.state.bucket, oldVersionDays: 90 });
  }
}
