import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { BudgetsClient } from '@aws-sdk/client-budgets';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

export interface AwsAccountOptions {
  readonly region: string;
  /** The state bucket's region. @default the region */
  readonly stateRegion?: string;
  /** @default what the environment says */
  readonly endpoint?: string;
  /** Where Lambda is, when it is elsewhere. @default the endpoint */
  readonly lambdaEndpoint?: string;
  /** @default the usual chain: environment, profile, single sign-on, instance */
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** The services of AWS that are looked at before a deploy. Nothing is ever changed through them. */
export class AwsAccount {
  readonly apiGateway: APIGatewayClient;
  readonly budgets: BudgetsClient;
  readonly ec2: EC2Client;
  /** Asked about the regions themselves, since one that does not exist or is not enabled answers nothing. */
  readonly home: EC2Client;
  readonly iam: IAMClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly route53: Route53Client;
  readonly quotas: ServiceQuotasClient;
  readonly s3: S3Client;
  readonly stateS3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;

  constructor({ region, stateRegion = region, endpoint, lambdaEndpoint = endpoint, credentials }: AwsAccountOptions) {
    const options = {
      region,
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 },
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
    };
    // An address instead of a host name, as emulators have it, holds no bucket's name.
    const storage = {
      ...options,
      forcePathStyle: /^https?:\/\/[\d.]+(?::|\/|$)/.test(endpoint ?? process.env.AWS_ENDPOINT_URL ?? ''),
    };
    this.apiGateway = new APIGatewayClient(options);
    this.budgets = new BudgetsClient({ ...options, region: homeRegion(region) });
    this.ec2 = new EC2Client(options);
    this.home = new EC2Client({ ...options, region: homeRegion(region) });
    this.iam = new IAMClient({ ...options, region: homeRegion(region) });
    this.lambda = new LambdaClient({ ...options, ...(lambdaEndpoint !== undefined && { endpoint: lambdaEndpoint }) });
    this.logs = new CloudWatchLogsClient(options);
    this.quotas = new ServiceQuotasClient(options);
    this.route53 = new Route53Client(options);
    this.s3 = new S3Client(storage);
    this.stateS3 = new S3Client({ ...storage, region: stateRegion });
    this.scheduler = new SchedulerClient(options);
    this.ssm = new SSMClient(options);
    this.sts = new STSClient({ ...options, region: homeRegion(region) });
  }

  close(): void {
    const { apiGateway, budgets, ec2, home, iam, lambda, logs } = this;
    for (const client of [apiGateway, budgets, ec2, home, iam, lambda, logs]) client.destroy();
    for (const client of [this.quotas, this.route53, this.scheduler, this.s3, this.stateS3, this.ssm, this.sts])
      client.destroy();
  }
}

/** The region that every account of a partition has. */
function homeRegion(region: string): string {
  if (region.startsWith('cn-')) return 'cn-north-1';
  return region.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
}
