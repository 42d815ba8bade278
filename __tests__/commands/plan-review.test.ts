import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { changed, planOf } from '../plan-review/plans';

const folder = mkdtempSync(join(tmpdir(), 'searchgate-plan-review-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function review(...parameters: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', 'tsx/cjs', 'commands/plan-review.ts', ...parameters],
    { cwd: resolve(__dirname, '../..'), encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const refused = file('storage.json', planOf('', [changed('aws_ebs_volume.data', { size: 1 }, null)]).plan);
const harmless = file('network.json', planOf('', [changed('aws_vpc.v', null, { cidr: 'c' })]).plan);

test('A plan that loses data ends with 1, and with its address named it ends with 0', () => {
  expect(review(harmless).status).toBe(0);
  expect(review(harmless, refused)).toMatchObject({ status: 1, stdout: expect.stringContaining('| storage |') });
  expect(review(refused, '--allow', 'aws_ebs_volume.data').status).toBe(0);
  const list = file('allowed', '# the volume was copied on Monday\naws_ebs_volume.data # see #12\n');
  expect(review(refused, '--allow-file', list).status).toBe(0);
  const description = file('description.md', 'Moves the data.\r\n\r\n- allow: `aws_ebs_volume.data`\r\n');
  expect(review(refused, '--allow-in', description).status).toBe(0);
  expect(review(refused, '--allow-in', file('none.md', 'we do not allow aws_ebs_volume.data')).status).toBe(1);
  const hidden = file('template.md', 'Moves the data.\n<!--\nallow: aws_ebs_volume.data\n-->\n');
  expect(review(refused, '--allow-in', hidden).status).toBe(1);
}, 60_000);

test('The comment goes to a file when asked, and plans have the names they are given', () => {
  const output = join(folder, 'comment.md');
  expect(review(`live=${harmless}`, '--waits', 'host=live', '--output', output)).toMatchObject({
    status: 0,
    stdout: '',
  });
  expect(readFileSync(output, 'utf8')).toContain('| host | | | | | waits for live |');
});

test('A summary gets the same with more room', () => {
  const wide = Array.from({ length: 400 }, (_, index) => changed(`aws_x.y${index}`, null, { text: 'z'.repeat(220) }));
  const [plan, output, summary] = [
    file('wide.json', planOf('', wide).plan),
    join(folder, 'cut.md'),
    file('all.md', 'Before\n'),
  ];
  expect(review(plan, '--output', output, '--summary', summary).status).toBe(0);
  expect(readFileSync(output, 'utf8')).toMatch(/more lines, in the summary of the job/);
  expect(readFileSync(summary, 'utf8')).toMatch(/^Before\n<!-- plan-review -->/);
  expect(readFileSync(summary, 'utf8')).toContain('+ aws_x.y399: create');
}, 60_000);

test('Every mistake is told at once, without a stack trace', () => {
  const { status, stderr } = review(
    file('broken.json', '{'),
    file('other.json', { hello: 'world' }),
    join(folder, 'missing.json'),
    '--waits',
    'host',
    '--cost-before',
    harmless,
  );
  expect(status).toBe(1);
  for (const part of [
    'broken.json: no JSON',
    'other.json: not the JSON of a plan',
    'missing.json: ',
    '--waits host',
    'go together',
  ]) {
    expect(stderr).toContain(part);
  }
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(review('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--allow-in') });
});

test('Plans hold secrets, so git ignores where npm run plan writes them', () => {
  const root = resolve(__dirname, '../..');
  const [, folder = ''] =
    /output: \{ type: 'string', default: '(.+?)' \}/.exec(readFileSync(join(root, 'commands/plan.ts'), 'utf8')) ?? [];
  expect(folder).not.toBe('');
  expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain(`${folder}/`);
});
