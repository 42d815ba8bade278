import { join } from 'node:path';
import { type GatewayModel, openDoor, readGatewayFromEmulator, readGatewayFromSynth } from '../../../local/door';
import { type Emulator, startEmulator } from '../../../local/emulator/emulator';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { describeWith } from '../../requirements';
import { services, synthesized } from '../../synthesized';
import { send } from './client';
import { deployGateway } from './deploy-gateway';

describeWith(['python'], 'a gateway read from the emulated AWS', () => {
  let emulator: Emulator;
  let stackFolder: string;
  let synthesizedModel: GatewayModel;
  beforeAll(async () => {
    emulator = await startEmulator(await pythonEnvironment('.rehearsal/venv'));
    const settings = services({ search: { allowPreflight: true, throttle: { rate: 7, burst: 9 } } });
    const deployment = synthesized(settings);
    stackFolder = join(deployment.folder, 'stacks/search');
    const environment = { ORIGIN_CA: 'PEM', ORIGIN_ADDRESSES: '127.0.0.1', POWER_STATE_URL: undefined };
    synthesizedModel = readGatewayFromSynth(stackFolder, { environment });
    const { policy } = deployment.stack('search').only('aws_api_gateway_rest_api');
    await deployGateway(emulator.endpoint, synthesizedModel, policy);
  }, 120_000);
  afterAll(() => emulator?.stop());

  const read = (changes = {}) =>
    readGatewayFromEmulator({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      restApiName: 'searchgate-search',
      stackFolder,
      ...changes,
    });

  it('is what was deployed, but for its ids', async () => {
    const model = await read();
    const withoutIds = ({ routes, ...rest }: GatewayModel) => ({
      ...rest,
      apiId: '',
      routes: routes.map((route) => ({ ...route, resourceId: '' })),
    });
    expect(withoutIds(model)).toEqual(withoutIds({ ...synthesizedModel, accountId: model.accountId }));
    expect(model.apiId).not.toBe(synthesizedModel.apiId);
  });

  it('has the transfer mode of the URI where no synthesized stack tells it', async () => {
    const { routes } = await read({ stackFolder: undefined });
    expect(routes.map(({ transferMode }) => transferMode)).toEqual(['STREAM', 'STREAM', 'STREAM', 'STREAM']);
  });

  it('opens a door, with the deployed zip and no other', async () => {
    const model = await read();
    const door = await openDoor({ model });
    try {
      const answer = await send(door.port);
      expect([answer.status, answer.json.error.type]).toEqual([401, 'security_exception']);
    } finally {
      await door.close();
    }
    await expect(openDoor({ model, zipPath: __filename })).rejects.toThrow(
      'is not what searchgate-search was deployed',
    );
  });

  it('has to be there', async () => {
    await expect(read({ restApiName: 'other' })).rejects.toThrow('there is no API other');
  });
});
