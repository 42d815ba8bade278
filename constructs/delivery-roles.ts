import { DataAwsIamOpenidConnectProvider } from '@cdktf/provider-aws/lib/data-aws-iam-openid-connect-provider';
import { IamOpenidConnectProvider } from '@cdktf/provider-aws/lib/iam-openid-connect-provider';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import { acceptFindings } from './accepted-findings';
import { type DeliveryScope, roleBoundaryName } from './delivery-scope';
import { deployStatements } from './deploy-permissions';
import { planStatements } from './plan-permissions';
import { type PolicyStatement, policyDocument } from './policy-document';
import { roleBoundaryStatements } from './role-boundary';

/** GitHub's identity provider for workflows. */
const github = 'token.actions.githubusercontent.com';

export interface DeliveryRolesProps extends DeliveryScope {
  /** `OWNER/REPOSITORY` on GitHub. */
  readonly repository: string;
  /** The branch that is deployed. */
  readonly branch: string;
  /** The GitHub environment whose approval a deploy needs. */
  readonly environment: string;
  /** Whether the account has GitHub's identity provider already: there is one per account. Fixed at synth. */
  readonly existingProvider: boolean;
}

/**
 * What a repository's workflows may do: a role that plans and only reads, and one that deploys, for jobs of an environment that
 * somebody has to approve. Neither sees a private key, and no role that the second one makes may do more than the boundary says.
 *
 * The plan role is for workflows as they stand on the deployed branch alone. A workflow that a pull request starts is the pull
 * request's own: whoever may push a branch could have it do anything.
 *
 * A job with an environment tells AWS the environment instead of its branch, so the environment has to be bound to the branch on
 * GitHub.
 *
 * @see https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect
 */
export class DeliveryRoles extends Construct {
  readonly planRoleArn: string;
  readonly deployRoleArn: string;

  constructor(scope: Construct, id: string, props: DeliveryRolesProps) {
    super(scope, id);
    const provider = props.existingProvider
      ? new DataAwsIamOpenidConnectProvider(this, 'identity-provider', { url: `https://${github}` })
      : new IamOpenidConnectProvider(this, 'identity-provider', {
          url: `https://${github}`,
          clientIdList: ['sts.amazonaws.com'],
          lifecycle: { preventDestroy: true },
        });
    const role = (kind: string, description: string, subjects: string[], statements: PolicyStatement[]): string => {
      const made = new IamRole(this, `${kind}-role`, {
        name: `${props.name}-delivery-${kind}`,
        description,
        maxSessionDuration: 3_600,
        assumeRolePolicy: policyDocument({
          Effect: 'Allow',
          Principal: { Federated: provider.arn },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${github}:aud`]: 'sts.amazonaws.com',
              [`${github}:sub`]: subjects.map((subject) => `repo:${props.repository}:${subject}`),
            },
          },
        }),
      });
      const policy = policyDocument(...statements);
      acceptFindings(new IamRolePolicy(this, `${kind}-policy`, { name: kind, role: made.id, policy }), {
        CKV_AWS_355:
          'describing knows no resources; what is made has no name yet and is held by conditions on the tags that it is to carry. A simulation holds both roles to the deployment’s own',
      });
      return made.arn;
    };
    const boundary = new IamPolicy(this, 'role-boundary', {
      name: roleBoundaryName(props.name),
      description: `The most that a role of ${props.name} may do, whatever its own policies say`,
      policy: policyDocument(...roleBoundaryStatements(props)),
    });
    const givesNothing =
      'a boundary gives nothing: it says the most that policies of the deployment’s own roles may give, theirs above among it';
    acceptFindings(boundary, { CKV_AWS_290: givesNothing, CKV_AWS_355: givesNothing });
    this.planRoleArn = role(
      'plan',
      `Plans ${props.name} for pull requests of ${props.repository}: reads, and keeps plans`,
      [`ref:refs/heads/${props.branch}`],
      planStatements(props),
    );
    this.deployRoleArn = role(
      'deploy',
      `Deploys ${props.name} for the environment ${props.environment} of ${props.repository}`,
      [`environment:${props.environment}`],
      [...planStatements(props), ...deployStatements(props)],
    );
  }
}
