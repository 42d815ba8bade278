import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { TerraformVariable } from 'cdktf';
import type { Construct } from 'constructs';
import * as constructs from '../../constructs';

/** Values that only Terraform knows: one variable for each property asked for. */
export class Variables {
  /** The properties asked for, as paths with dots. */
  readonly properties: string[] = [];

  constructor(
    private readonly scope: Construct,
    private readonly prefix: string,
  ) {}

  text(property: string): string {
    return this.variable(property, 'string').stringValue;
  }

  number(property: string): number {
    return this.variable(property, 'number').numberValue;
  }

  texts(property: string): string[] {
    return this.variable(property, 'list(string)').listValue;
  }

  yesOrNo(property: string) {
    return this.variable(property, 'bool').booleanValue;
  }

  /** What Terraform calls a property's variable. */
  name(property: string): string {
    return `${this.prefix}_${property.replaceAll('.', '_')}`;
  }

  private variable(property: string, type: string): TerraformVariable {
    this.properties.push(property);
    const variable = new TerraformVariable(this.scope, this.name(property), { type });
    variable.overrideLogicalId(this.name(property));
    return variable;
  }
}

export type Build = (scope: Construct, id: string, v: Variables) => Construct;

export const volume = (v: Variables, path = '') => ({
  size: v.number(`${path}size`),
  type: v.text(`${path}type`),
  iops: v.number(`${path}iops`),
  throughput: v.number(`${path}throughput`),
});

/** What a forwarder has beside its names and its origin. */
export const forwarding = (v: Variables) => ({
  subnetIds: v.texts('subnetIds'),
  securityGroupIds: v.texts('securityGroupIds'),
  memory: v.number('memory'),
  reservedConcurrency: v.number('reservedConcurrency'),
  debug: v.yesOrNo('debug'),
});

/** How a forwarder's host sleeps. */
export const sleep = (v: Variables) => ({
  stateUrl: v.text('power.stateUrl'),
  wake: v.text('power.wake'),
  wakeTokenHash: v.text('power.wakeTokenHash'),
  holdSeconds: v.number('power.holdSeconds'),
  useNeedsCredentials: v.yesOrNo('power.useNeedsCredentials'),
});

/** Who gets past a gateway, and how often. */
export const admission = (v: Variables) => ({
  allowedCidrs: v.texts('allowedCidrs'),
  requireAuthorization: v.yesOrNo('requireAuthorization'),
  allowPreflight: v.yesOrNo('allowPreflight'),
  throttle: { rate: v.number('throttle.rate'), burst: v.number('throttle.burst') },
  cache: { size: v.number('cache.size'), ttl: v.number('cache.ttl'), paths: ['/ui'] },
});

/** How each exported construct is built, with everything that is not fixed at synth left to Terraform. */
export const catalogue: Record<string, Build> = {
  AlarmTopic: (scope, id, v) =>
    new constructs.AlarmTopic(scope, id, { topicName: v.text('topicName'), email: v.text('email') }),
  ApiDomain: (scope, id, v) =>
    new constructs.ApiDomain(scope, id, {
      domainName: v.text('domainName'),
      zoneId: v.text('zoneId'),
      restApiId: v.text('restApiId'),
      stageName: v.text('stageName'),
      certificateArn: v.text('certificateArn'),
      dualStack: true,
    }),
  ApiGatewayLogging: (scope, id, v) => new constructs.ApiGatewayLogging(scope, id, { roleName: v.text('roleName') }),
  ApiStage: (scope, id, v) =>
    new constructs.ApiStage(scope, id, {
      restApiId: v.text('restApiId'),
      stageName: v.text('stageName'),
      logGroupName: v.text('logGroupName'),
      logRetention: v.number('logRetention'),
      throttle: { rate: v.number('throttle.rate'), burst: v.number('throttle.burst') },
      cache: { size: v.number('cache.size'), ttl: v.number('cache.ttl') },
      cachedMethodPaths: [v.text('cachedMethodPaths')],
      served: { anything: [v.text('served')] },
      dependables: [new CloudwatchLogGroup(scope, `${id}-dependable`, {})],
    }),
  DataVolume: (scope, id, v) =>
    new constructs.DataVolume(scope, id, { ...volume(v), name: v.text('name'), zone: v.text('zone') }),
  DeliveryRoles: (scope, id, v) =>
    new constructs.DeliveryRoles(scope, id, {
      name: v.text('name'),
      region: v.text('region'),
      account: v.text('account'),
      stateBucketArn: v.text('stateBucketArn'),
      zoneArn: v.text('zoneArn'),
      repository: v.text('repository'),
      branch: v.text('branch'),
      environment: v.text('environment'),
      existingProvider: false,
    }),
  DomainCertificate: (scope, id, v) =>
    new constructs.DomainCertificate(scope, id, { domainName: v.text('domainName'), zoneId: v.text('zoneId') }),
  DoorSecurityGroups: (scope, id, v) =>
    new constructs.DoorSecurityGroups(scope, id, {
      name: v.text('name'),
      vpcId: v.text('vpcId'),
      services: [{ name: 'search', port: v.number('services.port') }],
    }),
  LogAlarm: (scope, id, v) =>
    new constructs.LogAlarm(scope, id, {
      alarmName: v.text('alarmName'),
      description: v.text('description'),
      logGroupName: v.text('logGroupName'),
      pattern: v.text('pattern'),
      namespace: v.text('namespace'),
      metricName: v.text('metricName'),
      topicArn: v.text('topicArn'),
    }),
  MonthlyBudget: (scope, id, v) =>
    new constructs.MonthlyBudget(scope, id, {
      budgetName: v.text('budgetName'),
      amount: v.number('amount'),
      email: v.text('email'),
      tag: { key: v.text('tag.key'), value: v.text('tag.value') },
    }),
  ForwarderFunction: (scope, id, v) =>
    new constructs.ForwarderFunction(scope, id, {
      functionName: v.text('functionName'),
      service: v.text('service'),
      origin: {
        addresses: [v.text('origin.addresses'), '10.0.0.2'],
        port: v.number('origin.port'),
        serverName: v.text('origin.serverName'),
        authority: v.text('origin.authority'),
      },
      responseMode: 'streaming',
      ...forwarding(v),
      timeout: v.number('timeout'),
      logRetention: v.number('logRetention'),
      power: sleep(v),
    }),
  ClusterAlarms: (scope, id, v) =>
    new constructs.ClusterAlarms(scope, id, {
      name: v.text('name'),
      namespace: v.text('namespace'),
      topicArn: v.text('topicArn'),
    }),
  HostAlarms: (scope, id, v) =>
    new constructs.HostAlarms(scope, id, {
      name: v.text('name'),
      instanceId: v.text('instanceId'),
      namespace: v.text('namespace'),
      node: v.text('node'),
      snapshotHoursAwake: 24,
      topicArn: v.text('topicArn'),
      watchCredits: true,
    }),
  HostRole: (scope, id, v) =>
    new constructs.HostRole(scope, id, {
      name: v.text('name'),
      node: v.text('node'),
      parameters: new constructs.ParameterNames(v.text('parameters')),
      parameterArn: v.text('parameterArn'),
      metricsNamespace: v.text('metricsNamespace'),
      snapshotBucketArn: v.text('snapshotBucketArn'),
    }),
  HostUserData: (scope, id, v) =>
    new constructs.HostUserData(scope, id, {
      environment: {
        name: v.text('environment.name'),
        region: v.text('environment.region'),
        node: v.text('environment.node'),
        privateAddress: v.text('environment.privateAddress'),
        seedAddresses: v.text('environment.seedAddresses'),
        nodeRoles: v.text('environment.nodeRoles'),
        runsKibana: true,
        zone: v.text('environment.zone'),
        dataVolumeId: v.text('environment.dataVolumeId'),
        elasticVersion: v.text('environment.elasticVersion'),
        parameterPrefix: v.text('environment.parameterPrefix'),
        elasticsearchPort: v.number('environment.elasticsearchPort'),
        elasticsearchServerName: v.text('environment.elasticsearchServerName'),
        kibanaPort: v.number('environment.kibanaPort'),
        kibanaServerName: v.text('environment.kibanaServerName'),
        kibanaPublicUrl: v.text('environment.kibanaPublicUrl'),
        snapshotBucket: v.text('environment.snapshotBucket'),
        snapshotHours: v.number('environment.snapshotHours'),
        snapshotKeep: v.number('environment.snapshotKeep'),
        alarms: true,
        connectorHosts: v.text('environment.connectorHosts'),
        updatesAt: v.text('environment.updatesAt'),
      },
    }),
  LambdaBundle: (scope, id) =>
    new constructs.LambdaBundle(scope, id, { entry: require.resolve('../../lambda-src/forwarder/index.ts') }),
  LambdaSchedules: (scope, id, v) =>
    new constructs.LambdaSchedules(scope, id, {
      name: v.text('name'),
      schedules: [
        {
          name: 'check',
          functionArn: v.text('schedules.functionArn'),
          expression: v.text('schedules.expression'),
          timeZone: v.text('schedules.timeZone'),
          input: { action: 'check' },
          description: v.text('schedules.description'),
        },
      ],
    }),
  PowerFunction: (scope, id, v) =>
    new constructs.PowerFunction(scope, id, {
      functionName: v.text('functionName'),
      deployment: v.text('deployment'),
      arns: { ec2: v.text('arns.ec2'), logs: v.text('arns.logs'), ssm: v.text('arns.ssm') },
      logGroupNames: [v.text('logGroupNames'), '/aws/lambda/another'],
      hostParameters: v.text('hostParameters'),
      bucketName: v.text('bucketName'),
      bucketArn: v.text('bucketArn'),
      documentKey: v.text('documentKey'),
      idleStop: v.yesOrNo('idleStop'),
      idleMinutes: v.number('idleMinutes'),
      graceMinutes: v.number('graceMinutes'),
      wakesPerDay: v.number('wakesPerDay'),
      monthlyHours: v.number('monthlyHours'),
      logRetention: v.number('logRetention'),
    }),
  PowerState: (scope, id, v) =>
    new constructs.PowerState(scope, id, {
      bucketName: v.text('bucketName'),
      documentKey: v.text('documentKey'),
      endpointId: v.text('endpointId'),
      prefixListId: v.text('prefixListId'),
      forwardersGroupId: v.text('forwardersGroupId'),
    }),
  PrivateBucket: (scope, id, v) =>
    new constructs.PrivateBucket(scope, id, {
      bucketName: v.text('bucketName'),
      oldVersionDays: v.number('oldVersionDays'),
    }),
  PrivateCertificateAuthority: (scope, id, v) =>
    new constructs.PrivateCertificateAuthority(scope, id, {
      commonName: v.text('commonName'),
      validityHours: v.number('validityHours'),
    }),
  PrivateNetwork: (scope, id, v) =>
    new constructs.PrivateNetwork(scope, id, {
      name: v.text('name'),
      cidr: v.text('cidr'),
      zones: [v.text('zones'), 'us-east-1b', 'us-east-1c'],
      region: v.text('region'),
    }),
  ProxyRoutes: (scope, id, v) =>
    new constructs.ProxyRoutes(scope, id, {
      restApiId: v.text('restApiId'),
      rootResourceId: v.text('rootResourceId'),
      integrationUri: v.text('integrationUri'),
      responseMode: 'buffered',
      timeout: v.number('timeout'),
      requestValidatorId: v.text('requestValidatorId'),
      requireAuthorization: v.yesOrNo('requireAuthorization'),
      allowPreflight: v.yesOrNo('allowPreflight'),
      cachedPaths: ['/ui'],
    }),
  RestApiGateway: (scope, id, v) =>
    new constructs.RestApiGateway(scope, id, {
      name: v.text('name'),
      description: v.text('description'),
      forwarder: {
        functionName: v.text('forwarder.functionName'),
        integrationUri: v.text('forwarder.integrationUri'),
        responseMode: 'buffered',
      },
      ...admission(v),
      timeout: v.number('timeout'),
      logRetention: v.number('logRetention'),
    }),
  SearchHost: (scope, id, v) =>
    new constructs.SearchHost(scope, id, {
      name: v.text('name'),
      tags: { team: v.text('tags') },
      instanceType: v.text('instanceType'),
      imageId: v.text('imageId'),
      cpuCredits: v.text('cpuCredits'),
      rootVolume: volume(v, 'rootVolume.'),
      subnetId: v.text('subnetId'),
      securityGroupIds: v.texts('securityGroupIds'),
      privateIp: v.text('privateIp'),
      instanceProfileName: v.text('instanceProfileName'),
      userDataBase64: v.text('userDataBase64'),
      dataVolumeId: v.text('dataVolumeId'),
    }),
  ServerCertificate: (scope, id, v) =>
    new constructs.ServerCertificate(scope, id, {
      authority: new constructs.PrivateCertificateAuthority(scope, `${id}-authority`, {
        commonName: v.text('authority'),
      }),
      dnsNames: [v.text('dnsNames'), 'localhost'],
      ipAddresses: v.texts('ipAddresses'),
      validityHours: v.number('validityHours'),
      renewalHours: v.number('renewalHours'),
    }),
  WakeSubscription: (scope, id, v) =>
    new constructs.WakeSubscription(scope, id, {
      logGroupName: v.text('logGroupName'),
      functionArn: v.text('functionArn'),
    }),
};
