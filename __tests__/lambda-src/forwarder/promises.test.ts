import { describeWith } from '../../requirements';
import { checks } from './checks';
import { Rig } from './rig';

describeWith(['openssl'], 'what the forwarder promises', () => {
  let rig: Rig;
  beforeAll(() => {
    rig = Rig.start();
  });
  afterAll(() => rig.stop());

  it.each(Object.entries(checks))('%s', (_promise, check) => check(rig));
});
