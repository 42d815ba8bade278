import { join } from 'node:path';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import type { IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { acceptFindings, functionFindings, logFindings, unreserved } from './accepted-findings';
import { LambdaBundle } from './lambda-bundle';
import { policyDocument, serviceTrust } from './policy-document';

export interface PowerFunctionProps {
  /** The function's, its role's and its log group's name. */
  readonly functionName: string;
  /** The deployment: what the tag `searchgate:name` of its hosts says. */
  readonly deployment: string;
  /** `arn:aws:SERVICE:REGION:ACCOUNT`, but for the service: what ARNs are made of. */
  readonly arns: {
    /** Such as `arn:aws:ec2:us-east-1:123456789012`. */
    readonly ec2: string;
    /** Such as `arn:aws:logs:us-east-1:123456789012`. */
    readonly logs: string;
    /** Such as `arn:aws:ssm:us-east-1:123456789012`. */
    readonly ssm: string;
  };
  /** Log groups of the forwarders: what wakes the hosts and what shows that they are used. How many there are is fixed at synth. */
  readonly logGroupNames: readonly string[];
  /** Below it each node has its parameters, such as `/searchgate/hosts`. */
  readonly hostParameters: string;
  /** The bucket of the state document. */
  readonly bucketName: string;
  readonly bucketArn: string;
  /** The document's key in it. */
  readonly documentKey: string;
  /** Whether hosts that nobody uses are stopped. */
  readonly idleStop: boolean | IResolvable;
  /** Minutes without use until a host counts as idle. */
  readonly idleMinutes: number;
  /** Minutes after a start in which a host is left alone. */
  readonly graceMinutes: number;
  /** How often requests may wake the hosts in a day. */
  readonly wakesPerDay: number;
  /** Hours in a month; when the hosts have run longer, the log says so once. Whether it is given is fixed at synth. @default no limit */
  readonly monthlyHours?: number;
  /** Days. */
  readonly logRetention: number;
}

/**
 * The function that starts and stops the hosts. It lives outside the VPC, since the EC2 API cannot be reached from inside without
 * a gateway that costs more than the host, and it may start and stop nothing but what carries the deployment's tags.
 */
export class PowerFunction extends Construct {
  readonly functionName: string;
  readonly functionArn: string;
  readonly logGroupName: string;

  constructor(scope: Construct, id: string, props: PowerFunctionProps) {
    super(scope, id);
    const bundle = new LambdaBundle(this, 'bundle', {
      entry: join(__dirname, '../lambda-src/power/index.ts'),
      external: ['@aws-sdk/*'],
    });
    const logGroup = new CloudwatchLogGroup(this, 'log-group', {
      name: `/aws/lambda/${props.functionName}`,
      retentionInDays: props.logRetention,
    });
    acceptFindings(logGroup, logFindings);
    const role = new IamRole(this, 'role', {
      name: props.functionName,
      description: 'Starts and stops the hosts of one deployment, and publishes which they are',
      assumeRolePolicy: serviceTrust('lambda.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'power',
      role: role.id,
      policy: policyDocument(
        {
          Sid: 'WriteOwnLog',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: `${logGroup.arn}:*`,
        },
        // Describing knows no resource and no tag: AWS allows it for all instances or none.
        { Sid: 'SeeHosts', Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' },
        {
          Sid: 'SwitchOwnHosts',
          Effect: 'Allow',
          Action: ['ec2:StartInstances', 'ec2:StopInstances'],
          Resource: `${props.arns.ec2}:instance/*`,
          Condition: {
            StringEquals: { 'aws:ResourceTag/searchgate:name': props.deployment },
            Null: { 'aws:ResourceTag/searchgate:node': 'false' },
          },
        },
        {
          Sid: 'SeeUse',
          Effect: 'Allow',
          Action: 'logs:FilterLogEvents',
          Resource: props.logGroupNames.map((name) => `${props.arns.logs}:log-group:${name}:*`),
        },
        {
          Sid: 'SeeBusyHosts',
          Effect: 'Allow',
          Action: 'ssm:GetParameters',
          Resource: `${props.arns.ssm}:parameter${props.hostParameters}/*/busy-until`,
        },
        {
          Sid: 'PublishState',
          Effect: 'Allow',
          Action: ['s3:GetObject', 's3:PutObject'],
          Resource: `${props.bucketArn}/${props.documentKey}`,
        },
        // Without it S3 answers 403 instead of 404 while there is no document yet.
        { Sid: 'SeeThatThereIsNoState', Effect: 'Allow', Action: 's3:ListBucket', Resource: props.bucketArn },
      ),
    });
    const lambda = new LambdaFunction(this, 'function', {
      functionName: props.functionName,
      description: 'Starts the hosts when somebody asks and stops them when nobody uses them',
      role: role.arn,
      filename: bundle.path,
      sourceCodeHash: bundle.sourceCodeHash,
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      // It may wait for a host that is still stopping.
      timeout: 150,
      memorySize: 256,
      environment: {
        variables: {
          NAME: props.deployment,
          STATE_BUCKET: props.bucketName,
          STATE_KEY: props.documentKey,
          LOG_GROUPS: props.logGroupNames.join(','),
          HOST_PARAMETERS: props.hostParameters,
          IDLE_STOP: `${props.idleStop}`,
          IDLE_MINUTES: `${props.idleMinutes}`,
          GRACE_MINUTES: `${props.graceMinutes}`,
          WAKES_PER_DAY: `${props.wakesPerDay}`,
          ...(props.monthlyHours !== undefined && { MONTHLY_HOURS: `${props.monthlyHours}` }),
        },
      },
      loggingConfig: {
        logFormat: 'JSON',
        logGroup: logGroup.name,
        systemLogLevel: 'WARN',
        applicationLogLevel: 'INFO',
      },
      dependsOn: [policy],
    });
    acceptFindings(lambda, {
      ...functionFindings,
      ...unreserved,
      CKV_AWS_116: 'it is called again ten minutes later',
      CKV_AWS_117: 'the EC2 API cannot be reached from the VPC without a gateway that costs more than the host',
      CKV_AWS_50: 'it runs every ten minutes and logs each step',
    });
    props.logGroupNames.forEach((name, index) => {
      new LambdaPermission(this, `log-group-${index}`, {
        functionName: lambda.functionName,
        action: 'lambda:InvokeFunction',
        principal: 'logs.amazonaws.com',
        sourceArn: `${props.arns.logs}:log-group:${name}:*`,
      });
    });
    this.functionName = lambda.functionName;
    this.functionArn = lambda.arn;
    this.logGroupName = logGroup.name;
  }
}
