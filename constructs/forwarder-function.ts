import { join } from 'node:path';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { Fn, type IResolvable } from 'cdktf';
import { Construct } from 'constructs';
import { acceptFindings, functionFindings, logFindings, unreserved } from './accepted-findings';
import { LambdaBundle } from './lambda-bundle';
import { policyDocument, serviceTrust } from './policy-document';

/** Whether an answer is sent on as it comes, or held back until it is whole. */
export type ResponseMode = 'streaming' | 'buffered';

export interface ForwarderFunctionProps {
  /** The function's, its role's and its log group's name. */
  readonly functionName: string;
  /** The service's name, for log lines. */
  readonly service: string;
  /** Where the service is. */
  readonly origin: {
    /** One address a host. How many there are is fixed at synth. */
    readonly addresses: readonly string[];
    readonly port: number;
    /** The name that the origin's certificate has to carry. */
    readonly serverName: string;
    /** PEM, one or more certificates: who may have signed it. */
    readonly authority: string;
  };
  /** Fixed at synth: the handler, and with it the integration's transfer mode. */
  readonly responseMode: ResponseMode;
  readonly subnetIds: string[];
  readonly securityGroupIds: string[];
  /** Seconds. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
  /** Requests at once kept for this function. @default none kept */
  readonly reservedConcurrency?: number;
  /** Log headers and cut bodies, secrets masked. @default false */
  readonly debug?: boolean | IResolvable;
  /** Days. */
  readonly logRetention: number;
  /** How its host sleeps and is woken. @default it never does */
  readonly power?: {
    /** Where the power function publishes whether the host sleeps. */
    readonly stateUrl: string;
    /** Which requests may wake the host: `never` any, `requests`, or a browser's `navigations` only. */
    readonly wake: string;
    /** SHA-256 of a token that a request needs to wake the host, hexadecimal. @default it needs none */
    readonly wakeTokenHash?: string;
    /** How long a safe request is held while the host wakes, in seconds. */
    readonly holdSeconds: number;
    /** Whether only requests with credentials count as use of the host. */
    readonly useNeedsCredentials: boolean | IResolvable;
  };
}

/**
 * The Lambda function between a REST API and its origin. It lives in the VPC, reaches the hosts and nothing else, and has no
 * permission but to write its own log, its traces, and to have its network interface.
 */
export class ForwarderFunction extends Construct {
  readonly functionName: string;
  readonly logGroupName: string;
  readonly responseMode: ResponseMode;
  /** The URI of an API Gateway integration, of the kind that the response mode needs. */
  readonly integrationUri: string;

  constructor(scope: Construct, id: string, props: ForwarderFunctionProps) {
    super(scope, id);
    const bundle = new LambdaBundle(this, 'bundle', { entry: join(__dirname, '../lambda-src/forwarder/index.ts') });
    const logGroup = new CloudwatchLogGroup(this, 'log-group', {
      name: `/aws/lambda/${props.functionName}`,
      retentionInDays: props.logRetention,
    });
    acceptFindings(logGroup, logFindings);
    const role = new IamRole(this, 'role', {
      name: props.functionName,
      description: `The forwarder of ${props.service}: its log, its traces, its network interface`,
      assumeRolePolicy: serviceTrust('lambda.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'forwarder',
      role: role.id,
      policy: policyDocument(
        {
          Sid: 'WriteOwnLog',
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: `${logGroup.arn}:*`,
        },
        {
          Sid: 'WriteTraces',
          Effect: 'Allow',
          Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
          Resource: '*',
        },
        {
          Sid: 'NetworkInterface',
          Effect: 'Allow',
          Action: [
            'ec2:CreateNetworkInterface',
            'ec2:DescribeNetworkInterfaces',
            'ec2:DescribeSubnets',
            'ec2:DeleteNetworkInterface',
            'ec2:AssignPrivateIpAddresses',
            'ec2:UnassignPrivateIpAddresses',
          ],
          Resource: '*',
        },
      ),
    });
    const knowsNoResources =
      'traces know no resources; network interfaces are made by Lambda in the function’s name before they have one, and from the forwarders’ subnets nothing reaches the EC2 API';
    acceptFindings(policy, { CKV_AWS_290: knowsNoResources, CKV_AWS_355: knowsNoResources });
    const lambda = new LambdaFunction(this, 'function', {
      functionName: props.functionName,
      description: `Forwards requests of ${props.service} to its host, ${props.responseMode}`,
      role: role.arn,
      filename: bundle.path,
      sourceCodeHash: bundle.sourceCodeHash,
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: `index.${props.responseMode}`,
      timeout: props.timeout,
      memorySize: props.memory,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: {
        variables: {
          SERVICE: props.service,
          ORIGIN_ADDRESSES: props.origin.addresses.join(','),
          ORIGIN_PORT: `${props.origin.port}`,
          ORIGIN_SERVER_NAME: props.origin.serverName,
          ORIGIN_CA: props.origin.authority,
          DEBUG: `${props.debug ?? false}`,
          ...(props.power && {
            POWER_STATE_URL: props.power.stateUrl,
            WAKE: props.power.wake,
            WAKE_TOKEN_HASH: props.power.wakeTokenHash ?? '',
            HOLD_SECONDS: `${props.power.holdSeconds}`,
            USE_NEEDS_CREDENTIALS: `${props.power.useNeedsCredentials}`,
          }),
        },
      },
      vpcConfig: { subnetIds: props.subnetIds, securityGroupIds: props.securityGroupIds },
      tracingConfig: { mode: 'Active' },
      // The runtime's own lines at WARN: three lines a request less to pay for. The forwarder's JSON lines pass as they are.
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
      ...(props.reservedConcurrency === undefined && unreserved),
      CKV_AWS_116: 'it is called synchronously: nothing is ever queued',
    });
    this.functionName = lambda.functionName;
    this.logGroupName = logGroup.name;
    this.responseMode = props.responseMode;
    this.integrationUri = props.responseMode === 'streaming' ? streamingUri(lambda.invokeArn) : lambda.invokeArn;
  }
}

/**
 * The URI by which API Gateway streams a function's answer: it refuses the ordinary one.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
 */
function streamingUri(invokeArn: string): string {
  // Without slashes around: Terraform takes a text between two slashes for a regular expression.
  const dated = Fn.replace(invokeArn, '2015-03-31', '2021-11-15');
  return Fn.replace(dated, '/invocations', '/response-streaming-invocations');
}
