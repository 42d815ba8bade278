import { describeWith } from '../../../requirements';
import { gatewayEvent } from '../events';
import { Rig } from '../rig';

for (const module of ['absence', 'published-state', 'wake-right', 'wake-link', 'waking-page']) {
  jest.doMock(`../../../../lambda-src/forwarder/sleep/${module}`, () => {
    throw new Error(`${module} was loaded`);
  });
}

describeWith(['openssl'], 'a request to a host that answers', () => {
  it('loads nothing of what there is to know of sleep', async () => {
    const rig = Rig.start();
    try {
      const origin = await rig.echo();
      const power = {
        stateUrl: 'http://127.0.0.1:1/',
        wake: 'requests',
        tokenHash: 'a'.repeat(64),
        hold: 1,
        useNeedsCredentials: false,
      } as const;
      const forwarder = rig.forwarder(origin.port, { power });
      expect((await forwarder.send('streaming', gatewayEvent())).status).toBe(200);
      expect(forwarder.takeLog()).toMatchObject([{ level: 'INFO', event: 'in_use' }]);
      const gone = rig.forwarder(await rig.closedPort(), { power });
      expect((await gone.send('streaming', gatewayEvent())).status).toBe(502);
      expect(JSON.stringify(gone.takeLog())).toContain('forwarder_failed');
    } finally {
      await rig.stop();
    }
  });
});
