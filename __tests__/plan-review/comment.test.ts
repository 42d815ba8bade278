import { commentMarker, type Review, reviewComment } from '../../plan-review/comment';
import { judge } from '../../plan-review/gate';
import { costSection, readMonthlyCost } from '../../plan-review/monthly-cost';
import { changed, planOf } from './plans';

function comment(plans: Review['plans'], more: Partial<Review> = {}): string {
  return reviewComment({ plans, verdict: judge(plans), ...more });
}

test('The comment counts each stack’s changes, sums them up, and is found again by its first line', () => {
  const text = comment([
    planOf('network', [changed('aws_vpc.v', null, { cidr: 'c' }), changed('aws_subnet.s', { a: 1 }, { a: 2 })]),
    planOf('host', [changed('aws_instance.i', { ami: 'a' }, { ami: 'b' }, { replacePaths: [['ami']] })]),
    planOf('search', []),
  ]);
  expect(text.split('\n')[0]).toBe(commentMarker);
  expect(text).toContain('| network | **1** | **1** | · | · |');
  expect(text).toContain('| host | · | · | **1** | · |');
  expect(text).toContain('| search | · | · | · | · |');
  expect(text).toContain('| **all** | **1** | **1** | **1** | · |');
});

test('Refusals come first, then warnings, then counts, then the month’s cost, then each plan folded', () => {
  const plans = [
    planOf('storage', [changed('aws_ebs_volume.data', { size: 1 }, null)]),
    planOf('host', [changed('aws_instance.i', { ami: 'a' }, { ami: 'b' }, { replacePaths: [['ami']] })]),
  ];
  const text = comment(plans, { cost: '### A month’s cost' });
  const places = [
    'Plan refused',
    '### Refused',
    '### Watch',
    '| Stack |',
    '### A month’s cost',
    '<summary>storage',
  ].map((part) => text.indexOf(part));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(Math.min(...places)).toBeGreaterThan(0);
  expect(text).toContain('aws_instance.i: REPLACE, because of ami');
});

test('A stack whose upstream does not exist yet waits, and that is no failure', () => {
  const text = comment([planOf('network', [changed('aws_vpc.v', null, { cidr: 'c' })])], {
    waits: [{ stack: 'search', upstream: 'network' }],
  });
  expect(text).toContain('| search | | | | | waits for network |');
  expect(text).toContain('✅');
});

test('Nothing that is called sensitive, or is named like a secret, is printed', () => {
  const key = `-----BEGIN EC PRIVATE KEY-----\nAAAA1111\n-----END EC PRIVATE KEY-----`;
  const plans = [
    planOf(
      'some',
      [
        changed(
          'aws_ssm_parameter.key',
          { value: 'hush-1', name: '/a', insecure: { DB_PASSWORD: 'hush-2' } },
          {
            value: 'hush-3',
            name: '/b',
            insecure: { DB_PASSWORD: 'hush-4' },
            text: JSON.stringify({ api_key: 'hush-5' }),
          },
          { beforeSensitive: { value: true }, afterSensitive: { value: true } },
        ),
        changed('aws_x.wholly', null, { any: 'hush-6' }, { afterSensitive: true }),
        changed('aws_x.pem', null, { content: key, list: ['hush-7'] }, { afterSensitive: { list: [true] } }),
      ],
      {
        output_changes: {
          password: { ...changed('o.o', null, {}).change, after: 'hush-8', after_sensitive: true },
        },
      },
    ),
  ];
  const text = comment(plans);
  expect(text).not.toMatch(/hush|AAAA1111/);
  expect(text).toContain('name: "/a" → "/b"');
  expect(text).toContain('value: (sensitive) → (sensitive)');
});

test('A secret is known by its name, wherever in a value the name stands and however it is spelled', () => {
  const variables = {
    S3_SECRET_ACCESS_KEY: 'hush-1',
    DB_PASS: 'hush-2',
    MYSQL_PWD: 'hush-3',
    PGPASSWORD: 'hush-4',
    'xpack.security.encryptionKey': 'hush-5',
  };
  const values = {
    dbPassword: 'hush-6',
    token: ['hush-7'],
    credentials: [{ first: { second: 'hush-8' } }],
    environment: [{ variables }],
    environment_variable: [{ name: 'API_TOKEN', type: 'PLAINTEXT', value: 'hush-9' }],
    container_definitions: JSON.stringify([
      { name: 'app', environment: [{ name: 'DB_PASSWORD', value: 'hush-10' }], clientSecret: ['hush-11'] },
    ]),
    template: JSON.stringify({ Parameters: [{ ParameterKey: 'DbPassword', ParameterValue: 'hush-12' }] }),
  };
  const output = (after: unknown) => ({ ...changed('o.o', null, {}, { afterUnknown: false }).change, after });
  const text = comment([
    planOf('some', [changed('aws_x.new', null, values), changed('aws_x.old', values, { token: ['hush-13'] })], {
      output_changes: { admin_password: output('hush-14'), apiKey: output({ first: 'hush-15' }) },
    }),
  ]);
  expect(text).not.toContain('hush');
  expect(text).toContain('token.0 = (sensitive)');
  expect(text).toContain('output admin_password = (sensitive)');
});

test('What only sounds like a secret is printed', () => {
  const shown = {
    access_key_id: 'shown-1',
    encryption_key: 'arn:aws:kms:us-east-1:111122223333:key/shown-2',
    hash_key: 'shown-3',
    key_name: 'shown-4',
    kms_key_id: 'shown-5',
    password_policy: [{ scope: 'shown-6' }],
    primary_key: 'shown-7',
    public_key: 'shown-8',
    secrets: JSON.stringify([{ name: 'DB_PASSWORD', valueFrom: 'shown-9' }]),
    environment: [{ name: 'DB_HOST', value: 'shown-10' }],
    bypass: 'shown-11',
  };
  const output = { ...changed('o.o', null, {}, { afterUnknown: false }).change, after: 'shown-12' };
  const outputs = { output_changes: { password_parameter: output } };
  const text = comment([planOf('some', [changed('aws_x.y', null, shown)], outputs)]);
  for (let each = 1; each <= 12; each++) expect(text).toMatch(new RegExp(`shown-${each}\\b`));
  expect(text).not.toContain('(sensitive)');
});

test('Texts of many lines and JSON are compared line by line, and long ones in one line are told by length and digest', () => {
  const before = JSON.stringify({
    Statement: [
      { Sid: 'One', Action: 'a' },
      { Sid: 'Two', Action: 'b' },
    ],
  });
  const text = comment([
    planOf('some', [
      changed(
        'aws_iam_role_policy.p',
        { policy: before, blob: 'x'.repeat(500), script: 'one\ntwo\nthree' },
        { policy: before.replace('"b"', '"c"'), blob: 'y'.repeat(501), script: 'one\n2\nthree' },
      ),
    ]),
  ]);
  expect(text).toMatch(/^- +"Action": "b"$/m);
  expect(text).toMatch(/^\+ +"Action": "c"$/m);
  expect(text).not.toContain('"One"');
  expect(text).toMatch(/blob: 500 characters, SHA-256 [0-9a-f]{12} → 501 characters/);
  expect(text).toMatch(/^- +two$/m);
});

test('Lines that are too long to be read at once are divided, and an update says nothing of what the provider fills', () => {
  const hash = (letter: string) => letter.repeat(44);
  const address = 'aws_lambda_function.forwarder_function';
  const plan = planOf(
    'some',
    [
      changed(
        address,
        { source_code_hash: hash('a'), last_modified: '2026', role: 'old', memory: 1 },
        { source_code_hash: hash('b'), memory: 2 },
        { afterUnknown: { last_modified: true, role: true } },
      ),
      changed(`aws_x.${'y'.repeat(70)}`, { some_path: 1 }, { some_path: 2 }, { replacePaths: [['some_path']] }),
    ],
    {
      configuration: {
        root_module: { resources: [{ address, expressions: { source_code_hash: {}, role: {}, memory: {} } }] },
      },
    },
  );
  const text = comment([plan]);
  expect(text).toContain(`-   source_code_hash = "${hash('a')}"\n+   source_code_hash = "${hash('b')}"`);
  expect(text).toContain('!   memory: 1 → 2');
  expect(text).toContain('!   role: "old" → (known after apply)');
  expect(text).not.toContain('last_modified');
  expect(text).toContain(`- aws_x.${'y'.repeat(70)}: REPLACE\n-   because of some_path`);
});

test('The table has a column for remarks where there are any', () => {
  const plans = [planOf('network', [])];
  expect(comment(plans)).toContain(
    '| Stack | create | update | replace | delete |\n| :--- | ---: | ---: | ---: | ---: |\n',
  );
  expect(comment(plans)).toContain('| network | · | · | · | · |\n');
  expect(comment(plans, { waits: [{ stack: 'a', upstream: 'b' }] })).toContain('| replace | delete | |\n');
});

test('No value can leave its block, mention anybody or become markup', () => {
  const text = comment([
    planOf('some', [
      changed('aws_x.evil["</summary>"]', { a: 1 }, { a: '```\n</details>\n# Approved @everyone' }),
      changed('aws_ebs_volume.data["@team|<img src=x>"]', { a: 1 }, null),
    ]),
  ]);
  expect(text).toContain('````diff');
  const outside = text
    .split(/^`{4}.*$/m)
    .filter((_, index) => index % 2 === 0)
    .join('')
    .replace(/`[^`]*`/g, '');
  expect(outside).not.toMatch(/<img|@everyone|@team|# Approved/);
});

describe('A comment is never longer than GitHub takes', () => {
  const limit = 65_536;
  const made = (count: number) =>
    Array.from({ length: count }, (_, index) => changed(`aws_x.y${index}`, null, { text: 'z'.repeat(220) }));

  test('and says what of a plan it left out', () => {
    const text = comment([planOf('one', made(20)), planOf('two', made(300)), planOf('three', made(2))]);
    expect(text.length).toBeLessThan(limit);
    for (const stack of ['one', 'two', 'three']) expect(text).toContain(`<summary>${stack}</summary>`);
    expect(text).toContain('+ aws_x.y100: create');
    expect(text).toMatch(/… \d+ more lines?, in the summary of the job/);
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)?.length ?? 0);
    expect(text.match(/^```/gm)?.length).toBe(6);
  });

  test('however much is refused, fails, or is told in the table: the verdict stays, and how much is left out', () => {
    const deletions = Array.from({ length: 1_500 }, (_, index) =>
      changed(`aws_ebs_volume.v${index}`, { size: 1 }, null),
    );
    const waits = Array.from({ length: 900 }, (_, index) => ({ stack: `stack-${index}`, upstream: 'network' }));
    const moved = deletions.slice(0, 900).map((each, index) => ({
      ...each,
      previous_address: `aws_ebs_volume.old${index}`,
    }));
    const failures = [{ stack: 'host', said: `Error: ${'long '.repeat(20_000)}` }];
    const texts = [
      comment([planOf('storage', deletions)]),
      comment([planOf('storage', deletions.slice(0, 2))], { failures, waits }),
      comment([planOf('storage', moved)], { failures }),
    ];
    for (const text of texts) {
      expect(text.length).toBeLessThan(limit);
      expect(text).toContain('## ⛔');
      expect(text).toContain('| storage |');
      expect(text).toMatch(/… .*more/);
    }
    expect(texts[0]).toMatch(/… and \d+ more, in the summary of the job/);
  });
});

test('A plan that changes outputs only, and one that waits, say so in the headline', () => {
  const outputs = {
    output_changes: { url: { ...changed('o.o', null, {}).change, after: 'https://x', after_unknown: false } },
  };
  expect(comment([planOf('some', [], outputs)])).toContain('## ✅ Plan: only outputs change');
  expect(comment([], { waits: [{ stack: 'host', upstream: 'storage' }] })).toContain(
    '## ✅ Plan: nothing changes, 1 stack waits',
  );
  expect(comment([planOf('some', [])])).toContain('## ✅ Plan: nothing changes\n');
});

test('Moved and imported resources are told as such', () => {
  const moved = { ...changed('aws_x.new', { a: 1 }, { a: 1 }), previous_address: 'aws_x.old' };
  moved.change.actions = ['no-op'];
  expect(comment([planOf('some', [moved])])).toContain('`aws_x.old is now aws_x.new`');
});

test('The month’s cost is shown before and after, with the lines that differ', () => {
  const cost = (host: number) => {
    const months = [0, 730].map((hours) => ({ hours, total: 2 + hours * host }));
    const read = readMonthlyCost(
      JSON.stringify({
        total: 1,
        prices: { currency: 'USD' },
        months,
        bill: [
          { item: 'host', amount: host * 200 },
          { item: 'zone', amount: 0.5 },
        ],
      }),
    );
    if (typeof read === 'string') throw new Error(read);
    return read;
  };
  const section = costSection(cost(0.01), cost(0.02));
  expect(section).toContain('| 0 h | 2.00 | 2.00 | ±0.00 |');
  expect(section).toContain('| 730 h | 9.30 | 16.60 | **+7.30** |');
  expect(section).toContain('- host: 2.00 → 4.00');
  expect(section).not.toContain('zone');
  expect(readMonthlyCost('{}')).toMatch(/npm run cost/);
});

test('The month’s cost comes from the pull request, and can hide, mention or fill nothing', () => {
  const cost = (amount: number, items: string[], currency = 'USD') => ({
    total: 1,
    prices: { currency },
    months: [{ hours: 730, total: amount }],
    bill: items.map((item) => ({ item, amount })),
  });
  const read = (...parameters: Parameters<typeof cost>) => {
    const result = readMonthlyCost(JSON.stringify(cost(...parameters)));
    if (typeof result === 'string') throw new Error(result);
    return result;
  };
  const section = costSection(read(1, []), read(2, ['x\n\n<!-- ', '\r\r# @everyone ![](https://example.com/x.png)']));
  expect(section).toContain('- x  &lt;!-- : 0.00 → 2.00');
  expect(section).not.toMatch(/<!--|@everyone|\r|!\[\]/);
  const many = Array.from({ length: 2_000 }, (_, index) => `item ${index} ${'z'.repeat(2_000)}`);
  expect(costSection(read(1, []), read(2, many)).length).toBeLessThan(20_000);
  for (const currency of ['USD |', '<!--', '']) {
    expect([currency, readMonthlyCost(JSON.stringify(cost(1, [], currency)))]).toEqual([
      currency,
      expect.stringContaining('npm run cost'),
    ]);
  }
});
