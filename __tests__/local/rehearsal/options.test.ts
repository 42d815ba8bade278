import { help, readOptions } from '../../../local/rehearsal/options';

// Any file that is there.
const authority = __filename;
const services = ['search', 'kibana', 'grafana'];
const read = (...args: string[]) => readOptions(args, services);

describe('the flags of npm start', () => {
  it('take an emulated AWS of this machine to serve from, and no other endpoint', () => {
    expect(read('--gateway', 'http://127.0.0.1:5000').options?.gateway?.origin).toBe('http://127.0.0.1:5000');
    expect(read('--gateway', 'https://example.com').mistakes).toEqual([
      '--gateway https://example.com: allowed is http://127.0.0.1:PORT, an emulated AWS on this machine',
    ]);
    expect(read('--gateway', 'http://127.0.0.1:5000', '--no-deploy').mistakes).toHaveLength(1);
  });

  it('deploy and serve on the known ports when there are none', () => {
    expect(read().options).toMatchObject({ check: false, deploy: true, idleMinutes: 60, origins: new Map() });
    expect(read().options?.ports).toEqual(
      new Map([
        ['search', 8920],
        ['kibana', 8560],
      ]),
    );
  });

  it('put servers of one’s own behind the doors, also of a third service', () => {
    const { options } = read(
      '--search-origin',
      'https://search.example.org:9200',
      '--origin',
      'grafana=https://grafana.example.org',
      '--origin-ca',
      authority,
      '--port',
      'grafana=9000',
      '--kibana-port=9001',
    );
    expect(options?.origins.get('search')?.hostname).toBe('search.example.org');
    expect(options?.origins.get('grafana')?.host).toBe('grafana.example.org');
    expect(options?.originAuthority).toBe(authority);
    expect(options?.ports).toEqual(
      new Map([
        ['search', 8920],
        ['kibana', 9001],
        ['grafana', 9000],
      ]),
    );
  });

  it('take --no-deploy, --check and an idle time', () => {
    expect(read('--check').options?.ports).toEqual(new Map());
    expect(read('--no-deploy', '--check', '--idle-minutes', '0').options).toMatchObject({
      deploy: false,
      check: true,
      idleMinutes: 0,
    });
  });

  it('take a time after which the host sleeps, where there is something that puts it to sleep', () => {
    expect(read().options?.sleepAfter).toBeUndefined();
    expect(read('--sleep-after', '2').options?.sleepAfter).toBe(2);
    for (const wrong of ['1', '0', 'soon', '1441']) {
      expect(read('--sleep-after', wrong).mistakes).toEqual([
        `--sleep-after ${wrong}: allowed is a whole number of minutes from 2 to 1440`,
      ]);
    }
    expect(read('--sleep-after', '2', '--no-deploy').mistakes).toEqual([expect.stringContaining('no power function')]);
  });

  it('list every mistake at once, with what was given and what is allowed', () => {
    const { mistakes } = read(
      '--chek',
      'now',
      '--search-origin',
      'http://x:9200',
      '--origin',
      'nonsense',
      '--port',
      'nobody=80',
      '--kibana-port',
      '70000',
      '--idle-minutes',
      'soon',
      '--origin-ca',
      authority,
      '--search-port',
    );
    expect(mistakes).toEqual([
      '--chek: unknown; did you mean --check?',
      'now: not a flag',
      '--search-port: a value is missing',
      '--search-origin http://x:9200: allowed is https://HOST:PORT, without a path',
      '--kibana-port 70000: allowed is a port from 1 to 65535',
      '--origin nonsense: allowed is --origin NAME=…',
      '--port: no service "nobody" in the settings; they have search, kibana, grafana',
      '--idle-minutes soon: allowed is a whole number of minutes, 0 for never',
      '--origin-ca: there is no --search-origin, --kibana-origin or --origin that it could be for',
    ]);
  });

  it('want the authority of servers of one’s own, in a file that is there', () => {
    const origin = ['--search-origin', 'https://search.example.org'];
    expect(read(...origin).mistakes).toEqual([expect.stringContaining('--origin-ca FILE is needed')]);
    expect(read(...origin, '--origin-ca', '/no/such/file').mistakes).toEqual([
      '--origin-ca /no/such/file: there is no such file',
    ]);
  });

  it('refuse the same port for two doors', () => {
    expect(read('--kibana-port', '8920').mistakes).toEqual(['port 8920: search and kibana can not both have it']);
  });

  it('are all in the help', () => {
    const names = [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map((match) => match[1]);
    for (const name of names.filter((each) => !['help', 'check', 'no-deploy'].includes(each ?? ''))) {
      expect(read(`--${name}`).mistakes).toContain(`--${name}: a value is missing`);
    }
    expect(names).toHaveLength(13);
  });
});
