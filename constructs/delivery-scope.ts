/** What a pipeline works on. All but the names may be tokens. */
export interface DeliveryScope {
  /** The deployment's name, with which the names of its resources begin. */
  readonly name: string;
  readonly region: string;
  /** The account's id. */
  readonly account: string;
  readonly stateBucketArn: string;
  /** ARN of the hosted zone. */
  readonly zoneArn: string;
}

/** Stacks that only people deploy: the one with private keys, and those that a pipeline could widen its own rights with. */
export const personsStacks = ['certificates', 'delivery', 'state'];

/** The name of the policy that bounds every role of a deployment. */
export function roleBoundaryName(deployment: string): string {
  return `${deployment}-delivery-boundary`;
}

/** The ARN of the policy that bounds every role of a deployment. */
export function roleBoundaryArn({ name, account }: Pick<DeliveryScope, 'name' | 'account'>): string {
  return `arn:aws:iam::${account}:policy/${roleBoundaryName(name)}`;
}

/** ARNs of one deployment's resources, by service. */
export function resourceArns({ name, region, account }: DeliveryScope) {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  return {
    functions: arn('lambda', `function:${name}-*`),
    roles: [`arn:aws:iam::${account}:role/${name}-*`, `arn:aws:iam::${account}:instance-profile/${name}-*`],
    // With those of deployments whose names begin like this one's.
    delivery: [
      `role/${name}-delivery-*`,
      `policy/${name}-delivery-*`,
      `role/${name}-*-delivery-plan`,
      `role/${name}-*-delivery-deploy`,
      `policy/${name}-*-delivery-boundary`,
    ].map((resource) => `arn:aws:iam::${account}:${resource}`),
    logGroups: [arn('logs', `log-group:/aws/lambda/${name}-*`), arn('logs', `log-group:/aws/apigateway/${name}-*`)],
    alarms: arn('cloudwatch', `alarm:${name}-*`),
    topics: arn('sns', `${name}-*`),
    budgets: `arn:aws:budgets::${account}:budget/${name}-*`,
    schedules: [arn('scheduler', `schedule/*/${name}-*`), arn('scheduler', `schedule-group/${name}-*`)],
    buckets: `arn:aws:s3:::${name}-*`,
    apis: [`arn:aws:apigateway:${region}::/restapis`, `arn:aws:apigateway:${region}::/restapis/*`],
    domainNames: [`arn:aws:apigateway:${region}::/domainnames`, `arn:aws:apigateway:${region}::/domainnames/*`],
    apiTags: `arn:aws:apigateway:${region}::/tags/*`,
    apiAccount: `arn:aws:apigateway:${region}::/account`,
    certificates: arn('acm', 'certificate/*'),
    ec2: (kind: string) => arn('ec2', `${kind}/*`),
    parameters: arn('ssm', `parameter/${name}/*`),
    authority: arn('ssm', `parameter/${name}/certificates/ca`),
    publicParameters: `arn:aws:ssm:${region}::parameter/aws/service/ami-amazon-linux-latest/*`,
  };
}
