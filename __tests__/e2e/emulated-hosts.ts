import { CreateTagsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { clientOptions } from '../../local/emulator/account';

const region = 'us-east-1';

/** Hosts as commands see them in an emulated AWS: an instance with our tags and a data volume, orders to it, and what it reports. */
export class EmulatedHosts {
  private readonly ec2: EC2Client;
  private readonly ssm: SSMClient;

  constructor(endpoint: string) {
    this.ec2 = new EC2Client(clientOptions(endpoint, region));
    this.ssm = new SSMClient(clientOptions(endpoint, region));
  }

  /** Launches a host. Gives its data volume's id. */
  async launch(node: string): Promise<string> {
    const { Instances = [] } = await this.ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-0123456789abcdef0',
        MinCount: 1,
        MaxCount: 1,
        BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 20 } }],
      }),
    );
    const [instance] = Instances;
    const Tags = Object.entries({ 'searchgate:name': 'searchgate', 'searchgate:node': node });
    await this.ec2.send(
      new CreateTagsCommand({
        Resources: [instance?.InstanceId ?? ''],
        Tags: Tags.map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    return instance?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === '/dev/sdf')?.Ebs?.VolumeId ?? '';
  }

  /** What setup says at the end of a boot. */
  async ready(node: string, boot: string, version: string): Promise<void> {
    await this.put(
      `hosts/${node}/status`,
      JSON.stringify({ outcome: 'ready', text: `${node} is ready`, boot, version }),
    );
  }

  /** The order that a host would obey at its next boot; undefined where there is none. */
  async order(node: string): Promise<string | undefined> {
    const Name = `/searchgate/upgrade/${node}`;
    const answer = await this.ssm.send(new GetParameterCommand({ Name })).catch(() => undefined);
    return answer?.Parameter?.Value;
  }

  async put(name: string, Value: string): Promise<void> {
    await this.ssm.send(
      new PutParameterCommand({ Name: `/searchgate/${name}`, Type: 'String', Value, Overwrite: true }),
    );
  }

  close(): void {
    this.ec2.destroy();
    this.ssm.destroy();
  }
}
