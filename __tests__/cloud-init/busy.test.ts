import { describeWith } from '../requirements';
import { standInForParameters } from './parameter-stand-in';
import { TrialHost } from './trial-host';

describeWith(['python'], 'how busy a host is', () => {
  let host: TrialHost;
  beforeEach(() => {
    host = new TrialHost();
    standInForParameters(host, {});
    works({});
  });
  afterEach(() => host.remove());

  /** What Elasticsearch is at, in the words of its own answers. */
  const works = ({ tasks = '', snapshots = '{}', shards = '0 0' }) =>
    host.replace(
      'curl',
      `case $* in
        *_cat/tasks*) echo '${tasks}' ;;
        *_snapshot/_status*) echo '${snapshots}' ;;
        *_cat/health*) echo '${shards}' ;;
      esac`,
    );
  const said = () =>
    host.has('parameters/hosts/node-0/busy-until') ? host.read('parameters/hosts/node-0/busy-until') : undefined;
  const puts = () => host.calls.filter((call) => call.startsWith('aws ssm put-parameter')).length;

  test('a host with nothing to do says nothing', () => {
    expect(host.run('busy')).toMatchObject({ code: 0 });
    expect([said(), puts()]).toEqual([undefined, 0]);
  });

  test('nor does one whose Elasticsearch does not answer', () => {
    host.replace('curl', 'exit 7');
    expect(host.run('busy')).toMatchObject({ code: 0 });
    expect(puts()).toBe(0);
  });

  test.each([
    [
      'a task that has run for more than a minute',
      { tasks: 'indices:data/write/reindex 61000000000' },
      'indices:data/write/reindex',
    ],
    ['a snapshot', { snapshots: '{"snapshots":[{"snapshot":"nightly"}]}' }, '"snapshot"'],
    ['shards that are restored or moved', { shards: '2 0' }, 'shards'],
  ])('%s keeps it awake for 20 minutes', (_, work, why) => {
    works(work);
    const { code, output } = host.run('busy');
    expect([code, output.trim()]).toEqual([0, `busy: ${why}`]);
    const minutes = (Date.parse(said() ?? '') - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(19.8);
    expect(minutes).toBeLessThanOrEqual(20);
  });

  test('what every host does all the time does not: short searches', () => {
    works({ tasks: 'indices:data/read/search 12000000\nindices:data/write/bulk 59000000000' });
    host.run('busy');
    expect(puts()).toBe(0);
  });

  test('it is said again only when half of that has passed, and not taken back when the work is done', () => {
    works({ snapshots: '{"snapshots":[{"snapshot":"nightly"}]}' });
    host.run('busy');
    host.run('busy');
    expect(puts()).toBe(1);
    const now = Math.floor(Date.now() / 1000);
    host.write('run/searchgate/busy-until', `${now + 590}\n`);
    host.run('busy');
    expect(puts()).toBe(2);
    const before = said();
    works({});
    host.write('run/searchgate/busy-until', `${now - 10}\n`);
    host.run('busy');
    expect([puts(), said()]).toEqual([2, before]);
  });

  test('it is said again where it could not be written', () => {
    works({ shards: '1 0' });
    host.replace('aws', 'exit 255');
    expect(host.run('busy').code).not.toBe(0);
    standInForParameters(host, {});
    host.run('busy');
    expect(said()).toBeDefined();
  });
});
