import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter';
import { Construct } from 'constructs';
import { ApiDomain, type ApiDomainProps } from '../constructs/api-domain';
import { internalName } from '../constructs/deployment-names';
import { ForwarderFunction, type ForwarderFunctionProps } from '../constructs/forwarder-function';
import { ParameterNames } from '../constructs/parameter-names';
import { RestApiGateway, type RestApiGatewayProps } from '../constructs/rest-api-gateway';
import { WakeSubscription } from '../constructs/wake-subscription';

export interface GatewayProps
  extends Omit<ForwarderFunctionProps, 'functionName' | 'service' | 'origin' | 'power'>,
    Omit<RestApiGatewayProps, 'name' | 'description' | 'forwarder'>,
    Omit<ApiDomainProps, 'restApiId' | 'stageName'> {
  /** The deployment's name. */
  readonly deployment: string;
  /** The service's name. */
  readonly service: string;
  /** Where the service is. */
  readonly origin: {
    /** One address a host. How many there are is fixed at synth. */
    readonly addresses: readonly string[];
    readonly port: number;
  };
  /** How its host sleeps and is woken. Whether it is given is fixed at synth. @default it never does */
  readonly power?: ForwarderFunctionProps['power'] & {
    /** The power function. */
    readonly functionArn: string;
    /** Whether to hand it the lines of requests that may wake. Fixed at synth. */
    readonly subscribe: boolean;
  };
}

/** One door: forwarder, REST API and host name of one service. It holds nothing and can be made anew at any time. */
export class Gateway extends Construct {
  /** `https://` and the host name. */
  readonly url: string;
  readonly restApiId: string;
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { deployment, service, power } = props;
    const name = `${deployment}-${service}`;
    const authority = new DataAwsSsmParameter(this, 'authority', { name: new ParameterNames(deployment).authority });
    const forwarder = new ForwarderFunction(this, 'forwarder', {
      ...props,
      functionName: name,
      origin: {
        ...props.origin,
        serverName: internalName(service, deployment),
        authority: authority.insecureValue,
      },
    });
    if (power?.subscribe === true) {
      const { functionArn } = power;
      new WakeSubscription(this, 'wake', { logGroupName: forwarder.logGroupName, functionArn });
    }
    const gateway = new RestApiGateway(this, 'gateway', { ...props, name, forwarder });
    const { restApiId, stageName } = gateway;
    this.url = new ApiDomain(this, 'domain', { ...props, restApiId, stageName }).url;
    this.restApiId = restApiId;
    this.functionName = forwarder.functionName;
  }
}
