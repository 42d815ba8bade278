import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { loadSettings, readSettings, SettingsError } from '../settings';
import { stackNames } from '../settings/contradictions';
import example from '../settings/example.json';
import { settingsReference, settingsSchemaJson } from '../settings/reference';
import type { Block } from './synthesized';

const [search, kibana] = example.services;
const custom = { name: 'files', origin: 'custom', port: 8080, allowedCidrs: ['203.0.113.0/24'] };

/** What is wrong with settings, as `path: allowed`, in the order of the list. */
function mistakes(input: unknown): Record<string, { given: string | undefined; allowed: string }> {
  try {
    readSettings(input);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const paths = error.mistakes.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length); // nothing is listed twice
    return Object.fromEntries(error.mistakes.map(({ path, given, allowed }) => [path, { given, allowed }]));
  }
  return {};
}

function withService(changes: Block): unknown {
  return { ...example, services: [{ ...search, ...changes }, kibana] };
}

describe('settings that are right', () => {
  test('the example needs nothing but name, region, domain, zones and who may knock; the rest has defaults', () => {
    const { settings, warnings } = readSettings(example);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      network: { cidr: '10.42.0.0/16' },
      elastic: { version: '9.x' },
      host: { instanceType: 't4g.medium', nodes: 1, ami: 'newest', cpuCredits: 'unlimited' },
      state: { bucket: 'searchgate-state-example-com', region: 'us-east-1', existing: false },
      account: { apiGatewayLoggingRole: true },
    });
    expect(settings.services.map(({ name, port, subdomain }) => [name, port, subdomain])).toEqual([
      ['search', 9200, 'search'],
      ['kibana', 5601, 'kibana'],
    ]);
  });

  test('Elasticsearch asks for credentials at the door, Kibana has a login page of its own', () => {
    const { settings } = readSettings({ ...example, services: [...example.services, custom] });
    expect(settings.services.map(({ requireAuthorization }) => requireAuthorization)).toEqual([true, false, false]);
  });

  test('a type without CPU credits gets none, and the bucket may lie in another region', () => {
    const { settings } = readSettings({
      ...example,
      host: { instanceType: 'm7g.large' },
      state: { bucket: 'of-my-own', region: 'eu-central-1' },
    });
    expect(settings.host.cpuCredits).toBeUndefined();
    expect(settings.state).toMatchObject({ bucket: 'of-my-own', region: 'eu-central-1' });
  });

  test.each(['203.0.113.7/32', '10.0.0.0/8', '2001:db8::/48', '::1/128', '2001:db8:1:2::/64', '::ffff:10.0.0.0/104'])(
    'an allowlist takes %s',
    (cidr) => {
      expect(mistakes(withService({ allowedCidrs: [cidr] }))).toEqual({});
    },
  );

  test.each(['8.x', '9.x', '8.19.2', '9.2.1'])('the version can be %s', (version) => {
    expect(mistakes({ ...example, elastic: { version } })).toEqual({});
  });
});

describe('settings that are wrong', () => {
  test('every mistake is listed at once, of form and of sense, each with its path, its value and what is allowed', () => {
    const input = {
      ...example,
      name: 'Search Gate',
      regoin: 'eu-west-1',
      network: { zones: ['us-east-1a', 'eu-west-1b'] },
      host: { instanceType: 't4g.small', nodes: 2 },
      elastic: { version: '7.17.1' },
      services: [
        { ...search, throttle: { rate: 0, brust: 3 }, cache: { size: 0.5, paths: ['/ui'] } },
        { ...kibana, name: 'host', timeout: 'long', allowedCidrs: [] },
      ],
    };
    const found = mistakes(input);
    expect(Object.keys(found).sort()).toEqual([
      'elastic.version',
      'host.instanceType',
      'host.nodes',
      'name',
      'network.zones[1]',
      'regoin',
      'services[0].cache',
      'services[0].throttle.brust',
      'services[0].throttle.rate',
      'services[1].allowedCidrs',
      'services[1].name',
      'services[1].timeout',
    ]);
    expect(found).toMatchObject({
      'elastic.version': { given: '"7.17.1"', allowed: expect.stringContaining('"9.x", "8.x"') },
      'host.instanceType': { given: '"t4g.small"', allowed: expect.stringContaining('this one has 2 GiB') },
      'host.nodes': { given: '2', allowed: expect.stringMatching(/^1, 3, 5 or 7/) },
      regoin: { given: '"eu-west-1"', allowed: 'no such key; did you mean region?' },
      'services[0].throttle.brust': { given: '3', allowed: 'no such key; did you mean burst?' },
      'services[0].throttle.rate': { given: '0', allowed: 'a whole number from 1 to 10000 (requests a second)' },
      'services[1].timeout': { given: '"long"', allowed: 'a whole number from 1 to 900 (seconds)' },
    });
  });

  test('a cluster over two zones is refused: one of them would take the majority along', () => {
    const zones = ['us-east-1a', 'us-east-1b'];
    const cluster = (network: object) => ({ ...example, host: { nodes: 3 }, network });
    expect(Object.keys(mistakes(cluster({ zones })))).toEqual(['network.zones']);
    expect(readSettings(cluster({ zones: [...zones, 'us-east-1c'] })).settings.host.nodes).toBe(3);
  });

  test('dedicated masters need nodes beside them that hold data', () => {
    const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
    const cluster = (nodes: number) => ({ ...example, host: { nodes, masters: 'dedicated' }, network: { zones } });
    expect(mistakes(cluster(3))).toEqual({
      'host.masters': { given: '"dedicated"', allowed: '"all" with "nodes": 3: dedicated ones need 5 or 7' },
    });
    expect(readSettings(cluster(5)).settings.host.masters).toBe('dedicated');
  });

  test('the message says file, count, and each mistake on lines of its own', () => {
    expect(() => readSettings({ ...example, name: 'X', region: 3 }, 'mine.json')).toThrow(
      [
        'mine.json: 2 mistakes',
        '',
        '  name',
        '    given:   "X"',
        '    allowed: lower-case letters, digits and hyphens, 1 to 20, starting with a letter, but not with aws or ssm',
        '',
        '  region',
        '    given:   3',
        '    allowed: an AWS region outside China, GovCloud and the sovereign clouds, such as us-east-1',
        '',
      ].join('\n'),
    );
  });

  test('what is missing is named, with what belongs there', () => {
    const found = mistakes({});
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['name', 'region', 'domain', 'network', 'services']));
    expect(found.services).toEqual({ given: 'nothing', allowed: 'a list of 1 to 20 services' });
    expect(mistakes(withService({ allowedCidrs: undefined }))).toHaveProperty(['services[0].allowedCidrs']);
  });

  test.each([null, [], 'text', 3])('a file that holds %j is told to be an object', (input) => {
    expect(mistakes(input)).toEqual({ '(the whole file)': { given: JSON.stringify(input), allowed: 'an object' } });
  });

  test.each([
    [{ servcies: [] }, 'servcies', 'no such key; did you mean services?'],
    [{ domain: { name: 'example.com', zoneid: 'Z1' } }, 'domain.zoneid', 'no such key; did you mean zoneId?'],
    [{ color: 'red' }, 'color', expect.stringMatching(/^no such key; there are name, region, tags, /)],
    [JSON.parse('{"__proto__": {"name": "x"}}'), '__proto__', expect.stringContaining('no such key')],
    [{ host: { rootVolume: { sizes: 8 } } }, 'host.rootVolume.sizes', 'no such key; did you mean size?'],
  ])('an unknown key is a mistake: %j', (extra, path, allowed) => {
    const input = JSON.parse(JSON.stringify(example).replace(/\}$/, `,${JSON.stringify(extra).slice(1)}`));
    expect(mistakes(input)[path]?.allowed).toEqual(allowed);
  });

  test('an unknown key in a list of services is found in the right one', () => {
    const input = { ...example, services: [search, { ...kibana, allowedCidr: ['10.0.0.0/8'] }] };
    expect(mistakes(input)['services[1].allowedCidr']?.allowed).toBe('no such key; did you mean allowedCidrs?');
  });

  test('an empty allowlist is a mistake that says how to open the door to everybody', () => {
    expect(mistakes(withService({ allowedCidrs: [] }))).toEqual({
      'services[0].allowedCidrs': { given: '[]', allowed: expect.stringContaining('write "0.0.0.0/0"') },
    });
  });

  test.each([
    '203.0.113.7',
    '203.0.113.7/24',
    '203.0.113.0/33',
    '203.0.113.0/024',
    '300.0.0.0/8',
    '2001:db8::1/48',
    '2001:db8::/129',
    'everybody',
    '*',
    '0.0.0.0',
  ])('an allowlist refuses %s', (cidr) => {
    expect(mistakes(withService({ allowedCidrs: ['10.0.0.0/8', cidr] }))).toEqual({
      'services[0].allowedCidrs[1]': { given: JSON.stringify(cidr), allowed: expect.stringContaining('CIDR notation') },
    });
  });

  test.each(['10.42.0.0/15', '10.42.0.0/25', '10.42.0.1/16', '2001:db8::/56', 'all of it'])(
    'the network refuses %s, once',
    (cidr) => {
      const found = mistakes({ ...example, network: { ...example.network, cidr } });
      expect(found).toEqual({ 'network.cidr': { given: `"${cidr}"`, allowed: expect.stringContaining('/16 to /24') } });
    },
  );

  test.each(['t4g.small', 't3.large', 'toString', 'c7g.medium'])('the host refuses %s', (instanceType) => {
    const found = mistakes({ ...example, host: { instanceType } })['host.instanceType'];
    expect(found?.allowed).toMatch(
      /^one of t4g\.medium, .*\(Elasticsearch and Kibana need 4 GiB\)(; this one has 2 GiB)?$/,
    );
  });

  test.each(['aws', 'awesome-aws', 'ssm-search'])(
    'the name %s is judged by what SSM takes as the first part of a path',
    (name) => {
      expect(Object.keys(mistakes({ ...example, name }))).toEqual(/^(aws|ssm)/.test(name) ? ['name'] : []);
    },
  );

  test.each([
    [{ '': 'x' }, 'tags.'],
    [{ 'aws:mine': 'x' }, 'tags.aws:mine'],
    [{ team: 7 }, 'tags.team'],
    [{ team: 'x'.repeat(257) }, 'tags.team'],
  ])('tags that AWS would refuse are a mistake: %j', (tags, path) => {
    expect(Object.keys(mistakes({ ...example, tags }))).toEqual([path]);
  });

  test('a long value is cut, so that the list stays readable', () => {
    const found = mistakes({ ...example, name: 'x'.repeat(500) });
    expect(found.name?.given?.length).toBeLessThanOrEqual(100);
  });
});

describe('settings that contradict each other', () => {
  test.each(stackNames.map((name) => [name]))('a service cannot be called %s, as a stack is', (name) => {
    const found = mistakes({ ...example, services: [...example.services, { ...custom, name }] });
    expect(found['services[2].name']).toEqual({ given: `"${name}"`, allowed: expect.stringContaining("a stack's") });
  });

  test('a service cannot be called like a host, whose certificate lies where its own would', () => {
    const found = mistakes({ ...example, services: [...example.services, { ...custom, name: 'node-0' }] });
    expect(found['services[2].name']?.allowed).toContain("a host's");
  });

  test('two services share neither name, nor host name, nor port, given or by default', () => {
    const again = (changes: Block) =>
      mistakes({ ...example, services: [...example.services, { ...custom, ...changes }] });
    expect(again({})).toEqual({});
    expect(again({ name: 'search' })).toEqual({
      'services[2].name': { given: '"search"', allowed: 'another than that of services[0]' },
    });
    expect(Object.keys(again({ subdomain: 'kibana' }))).toEqual(['services[2].subdomain']);
    expect(Object.keys(again({ port: 5601 }))).toEqual(['services[2].port']);
  });

  test('an origin of your own has to say its port', () => {
    const { port: _, ...without } = custom;
    expect(mistakes({ ...example, services: [...example.services, without] })).toEqual({
      'services[2].port': { given: 'nothing', allowed: expect.stringContaining('no default') },
    });
  });

  test('there is one Elasticsearch and one Kibana: not none, not two', () => {
    expect(mistakes({ ...example, services: [search] }).services?.given).toBe('0 with the origin kibana');
    const two = [...example.services, { ...search, name: 'second', port: 9201 }];
    expect(mistakes({ ...example, services: two })).toEqual({
      services: { given: '2 with the origin elasticsearch', allowed: 'exactly one with "origin": "elasticsearch"' },
    });
  });

  test('a misspelt origin is one mistake, not also a missing Elasticsearch', () => {
    expect(Object.keys(mistakes(withService({ origin: 'elastic' })))).toEqual(['services[0].origin']);
    expect(Object.keys(mistakes({ ...example, services: [null, kibana] }))).toEqual(['services[0]']);
  });

  test('a zone is named once and lies in the region', () => {
    const zones = ['us-east-1a', 'us-east-1a', 'eu-west-1c'];
    expect(mistakes({ ...example, network: { zones } })).toEqual({
      'network.zones[1]': { given: '"us-east-1a"', allowed: 'each zone once' },
      'network.zones[2]': { given: '"eu-west-1c"', allowed: 'a zone of the region us-east-1, such as us-east-1a' },
    });
  });

  test('an authority that signs has to be trusted already, and each is trusted once', () => {
    const found = (certificates: object) => mistakes({ ...example, certificates });
    for (const right of [{}, { trusted: [1, 2] }, { authority: 2, trusted: [1, 2] }, { authority: 2, trusted: [2] }])
      expect(found(right)).toEqual({});
    expect(found({ authority: 2 })).toEqual({
      'certificates.authority': {
        given: '2',
        allowed: 'one that is trusted: 1. A new one has to be trusted by hosts and doors before it signs',
      },
    });
    expect(Object.keys(found({ trusted: [2] }))).toEqual(['certificates.authority']);
    expect(Object.keys(found({ trusted: [1, 1] }))).toEqual(['certificates.trusted[1]']);
    expect(Object.keys(found({ trusted: [1, 2, 3] }))).toEqual(['certificates.trusted']);
  });

  test('a cache is refused together with streaming, said or by default, and taken with buffering', () => {
    const cache = { size: 0.5, paths: ['/ui'] };
    const refused = expect.stringContaining('"response": "buffered"');
    expect(mistakes(withService({ cache }))['services[0].cache']?.allowed).toEqual(refused);
    expect(mistakes(withService({ cache, response: 'streaming' }))['services[0].cache']?.allowed).toEqual(refused);
    expect(mistakes(withService({ cache, response: 'buffered' }))).toEqual({});
  });

  test.each([[['/a', '/a']], [['/a-b', '/a.b']]])(
    'paths to cache are told apart by letters and digits: %j',
    (paths) => {
      const found = mistakes(withService({ response: 'buffered', cache: { size: 0.5, paths } }));
      expect(found).toEqual({
        'services[0].cache.paths[1]': { given: `"${paths[1]}"`, allowed: expect.stringContaining('paths[0]') },
      });
    },
  );

  test.each(['/', '/a/b', 'a', '/..', '/.', '/ä'])('a path to cache is one segment, and %s is none', (path) => {
    const found = mistakes(withService({ response: 'buffered', cache: { size: 0.5, paths: [path] } }));
    expect(Object.keys(found)).toEqual(['services[0].cache.paths[0]']);
  });

  test('more than 29 seconds need streaming', () => {
    expect(mistakes(withService({ timeout: 300 }))).toEqual({});
    expect(mistakes(withService({ timeout: 29, response: 'buffered' }))).toEqual({});
    expect(mistakes(withService({ timeout: 30, response: 'buffered' }))).toEqual({
      'services[0].timeout': { given: '30', allowed: expect.stringContaining('at most 29') },
    });
  });

  test('CPU credits are for burstable types', () => {
    expect(mistakes({ ...example, host: { instanceType: 't4g.large', cpuCredits: 'standard' } })).toEqual({});
    expect(mistakes({ ...example, host: { instanceType: 'm7g.large', cpuCredits: 'standard' } })).toEqual({
      'host.cpuCredits': { given: '"standard"', allowed: 'nothing: m7g.large has no CPU credits' },
    });
  });

  test.each<[Block, string | undefined]>([
    [{ iops: 3000, throughput: 750 }, undefined],
    [{ size: 100, iops: 16000, throughput: 1000 }, undefined],
    [{ iops: 2999 }, 'iops'],
    [{ size: 20, iops: 10001 }, 'iops'],
    [{ throughput: 751 }, 'throughput'],
    [{ iops: 4000, throughput: 1000 }, undefined],
    [{ type: 'gp2' }, undefined],
    [{ type: 'gp2', iops: 3000 }, 'iops'],
    [{ type: 'gp2', throughput: 200 }, 'throughput'],
    [{ type: 'io2' }, 'iops'],
    [{ type: 'io2', iops: 20000 }, undefined],
    [{ type: 'io2', iops: 20001 }, 'iops'],
    [{ type: 'io2', iops: 3000, throughput: 200 }, 'throughput'],
  ])('a volume keeps to what EBS sells: %j', (dataVolume, wrong) => {
    expect(Object.keys(mistakes({ ...example, host: { dataVolume } }))).toEqual(
      wrong === undefined ? [] : [`host.dataVolume.${wrong}`],
    );
    const rootVolume = { size: 20, ...dataVolume };
    expect(Object.keys(mistakes({ ...example, host: { rootVolume } }))).toEqual(
      wrong === undefined ? [] : [`host.rootVolume.${wrong}`],
    );
  });

  test('a host name fits into a certificate: 64 characters', () => {
    const domain = { name: `${'x'.repeat(53)}.com` };
    expect(mistakes({ ...example, domain })).toEqual({}); // search.xxx.com has 64
    expect(mistakes({ ...example, domain: { name: `${'x'.repeat(54)}.com` } })).toEqual({
      'services[0].subdomain': { given: `"search.${'x'.repeat(54)}.com"`, allowed: expect.stringContaining('64') },
      'services[1].subdomain': { given: `"kibana.${'x'.repeat(54)}.com"`, allowed: expect.stringContaining('64') },
    });
  });
});

describe('what is allowed but warned about', () => {
  const warned = (input: unknown) => readSettings(input).warnings;

  test('a door that is open to the whole internet, by its name', () => {
    expect(warned(withService({ allowedCidrs: ['203.0.113.0/24', '::/0'], wake: false }))).toEqual([
      'services[0].allowedCidrs: ::/0 opens search to the whole internet',
    ]);
    expect(warned(withService({ allowedCidrs: ['0.0.0.0/0'], wake: false }))).toContain(
      'services[0].allowedCidrs: 0.0.0.0/0 opens search to the whole internet',
    );
  });

  test('an Elasticsearch whose door lets strangers through to the forwarder, and credits that make boots crawl', () => {
    expect(warned(withService({ requireAuthorization: false }))).toEqual([
      expect.stringContaining('services[0].requireAuthorization'),
    ]);
    expect(warned({ ...example, host: { cpuCredits: 'standard' } })).toEqual([
      expect.stringContaining('host.cpuCredits'),
    ]);
  });
});

describe('a door that is open to everybody', () => {
  test('is open over IPv6 too, since most of the internet prefers it', () => {
    const { settings } = readSettings(withService({ allowedCidrs: ['0.0.0.0/0'], wake: false }));
    expect(settings.services[0]?.allowedCidrs).toEqual(['0.0.0.0/0', '::/0']);
  });

  test('stays as it is written where IPv6 is mentioned, or IPv4 is not open', () => {
    for (const allowedCidrs of [['0.0.0.0/0', '2001:db8::/48'], ['0.0.0.0/0', '::/0'], ['10.0.0.0/8']]) {
      expect(readSettings(withService({ allowedCidrs, wake: false })).settings.services[0]?.allowedCidrs).toEqual(
        allowedCidrs,
      );
    }
  });
});

describe('the settings file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-settings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const failure = (file: string) => {
    try {
      loadSettings(file);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was read');
  };

  test('that is not there is named, with the variable that names it', () => {
    expect(failure(join(folder, 'none.json'))).toMatch(
      /none\.json: 1 mistake\n\n {2}SEARCHGATE_SETTINGS\n.*no such file/s,
    );
    expect(failure(folder)).toMatch(/SEARCHGATE_SETTINGS/);
  });

  test('that is no JSON says where it stops being any', () => {
    writeFileSync(join(folder, 'cut.json'), '{"name": "search"');
    expect(failure(join(folder, 'cut.json'))).toMatch(
      /cut\.json: 1 mistake\n\n {2}\(the whole file\)\n {4}allowed: JSON \(.+\)/,
    );
  });

  test('may begin with a byte order mark, as editors on Windows write it', () => {
    writeFileSync(join(folder, 'marked.json'), `\uFEFF${JSON.stringify(example)}`);
    expect(loadSettings(join(folder, 'marked.json')).settings.name).toBe('searchgate');
  });

  test('is the example where none is named', () => {
    expect(loadSettings().settings.name).toBe(example.name);
  });
});

describe('what editors and readers get from the same source', () => {
  const file = (path: string) => readFileSync(join(__dirname, '..', path), 'utf8');

  test('settings/schema.json and docs/settings.md are what `npm run schema` would write', () => {
    expect(file('settings/schema.json')).toBe(settingsSchemaJson());
    expect(file('docs/settings.md')).toBe(settingsReference());
  });

  test('the example passes the JSON Schema, and an editor marks an unknown key and a wrong value', () => {
    const schema = z.fromJSONSchema(JSON.parse(file('settings/schema.json')));
    expect(schema.safeParse(example).error).toBeUndefined();
    expect(schema.safeParse({ ...example, regoin: 'x' }).success).toBe(false);
    expect(schema.safeParse({ ...example, name: 'Not This' }).success).toBe(false);
    expect(schema.safeParse(withService({ throttle: { rate: 0 } })).success).toBe(false);
    expect(schema.safeParse(withService({ throttle: { rate: 1 } })).error).toBeUndefined();
  });

  test('the reference has a row for every key', () => {
    const keys = (schema: Block): string[] =>
      Object.entries<Block>(schema.properties ?? schema.items?.properties ?? {}).flatMap(([key, value]) => [
        key,
        ...keys(value),
      ]);
    const reference = file('docs/settings.md');
    const all = keys(JSON.parse(file('settings/schema.json'))).filter((key) => key !== '$schema');
    expect(all.length).toBeGreaterThan(50);
    for (const key of all) expect(reference).toContain(`| \`${key}\` |`);
  });
});
