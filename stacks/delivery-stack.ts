import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsRoute53Zone } from '@cdktf/provider-aws/lib/data-aws-route53-zone';
import { TerraformOutput } from 'cdktf';
import type { Construct } from 'constructs';
import { DeliveryRoles } from '../constructs/delivery-roles';
import type { Settings } from '../settings';
import { SearchgateStack } from './searchgate-stack';

/**
 * What the repository's workflows may do in the account. A person deploys it, once: a pipeline that could change its own roles
 * would be bound by nothing.
 */
export class DeliveryStack extends SearchgateStack {
  constructor(scope: Construct, id: string, settings: Settings, delivery: NonNullable<Settings['delivery']>) {
    super(scope, id, settings);
    const { name, zoneId } = settings.domain;
    const zone = new DataAwsRoute53Zone(this, 'zone', zoneId === undefined ? { name, privateZone: false } : { zoneId });
    const roles = new DeliveryRoles(this, 'roles', {
      name: this.name,
      region: settings.region,
      account: new DataAwsCallerIdentity(this, 'caller').accountId,
      stateBucketArn: `arn:aws:s3:::${settings.state.bucket}`,
      zoneArn: zone.arn,
      ...delivery,
    });
    new TerraformOutput(this, 'plan-role-arn', {
      value: roles.planRoleArn,
      description: 'For the repository’s variable PLAN_ROLE_ARN',
    });
    new TerraformOutput(this, 'deploy-role-arn', {
      value: roles.deployRoleArn,
      description: 'For the repository’s variable DEPLOY_ROLE_ARN',
    });
  }
}
