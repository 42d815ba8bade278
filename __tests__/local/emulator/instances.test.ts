import {
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { clientOptions } from '../../../local/emulator/account';
import { startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';

describeWith(['python'], 'instances of the emulated account', () => {
  test('give their fixed address back when they end, so that the next one can have it', async () => {
    const emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const ec2 = new EC2Client({ ...clientOptions(emulator.endpoint, 'us-east-1'), maxAttempts: 1 });
    try {
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.42.0.0/16' }));
      const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.42.0.0/20' }));
      const launch = async () => {
        const NetworkInterfaces = [{ DeviceIndex: 0, SubnetId: Subnet?.SubnetId, PrivateIpAddress: '10.42.0.10' }];
        const { Instances = [] } = await ec2.send(
          new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, NetworkInterfaces }),
        );
        return Instances[0]?.InstanceId ?? '';
      };
      const first = await launch();
      await expect(launch()).rejects.toThrow();
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
      await waitUntilInstanceTerminated({ client: ec2, maxWaitTime: 30 }, { InstanceIds: [first] });
      expect(await launch()).not.toBe(first);
    } finally {
      ec2.destroy();
      await emulator.stop();
    }
  }, 120_000);
});
