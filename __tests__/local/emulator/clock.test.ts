import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { clientOptions } from '../../../local/emulator/account';
import { startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';

const day = 86_400;

describeWith(['python'], 'the emulated account’s clock', () => {
  test('moves on by a day, and then goes on', async () => {
    const emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const logs = new CloudWatchLogsClient(clientOptions(emulator.endpoint, 'us-east-1'));
    const made = async (logGroupName: string) => {
      await logs.send(new CreateLogGroupCommand({ logGroupName }));
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
      return (logGroups[0]?.creationTime ?? 0) / 1_000;
    };
    try {
      const today = await made('today');
      expect(Math.abs(today - Date.now() / 1_000)).toBeLessThan(day / 2);
      const told = (await emulator.later(day)).getTime() / 1_000;
      expect(told - today).toBeGreaterThanOrEqual(day);
      const tomorrow = await made('tomorrow');
      expect(tomorrow).toBeGreaterThanOrEqual(Math.floor(told));
      expect(await made('afterwards')).toBeGreaterThan(tomorrow);
    } finally {
      logs.destroy();
      await emulator.stop();
    }
  }, 120_000);
});
