import { ApiGatewayAccount } from '@cdktf/provider-aws/lib/api-gateway-account';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment';
import { Construct } from 'constructs';
import { serviceTrust } from './policy-document';

export interface ApiGatewayLoggingProps {
  /** The role's name. */
  readonly roleName: string;
}

/**
 * The role with which API Gateway writes logs. It is one setting per account and region, shared with every other API there, so
 * Terraform never destroys it.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export class ApiGatewayLogging extends Construct {
  constructor(scope: Construct, id: string, props: ApiGatewayLoggingProps) {
    super(scope, id);
    const role = new IamRole(this, 'role', {
      name: props.roleName,
      description: 'Lets API Gateway write access logs, for every API of this account and region',
      assumeRolePolicy: serviceTrust('apigateway.amazonaws.com'),
      lifecycle: { preventDestroy: true },
    });
    const permission = new IamRolePolicyAttachment(this, 'permission', {
      role: role.name,
      policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs',
      lifecycle: { preventDestroy: true },
    });
    new ApiGatewayAccount(this, 'account', {
      cloudwatchRoleArn: role.arn,
      dependsOn: [permission],
      lifecycle: { preventDestroy: true },
    });
  }
}
