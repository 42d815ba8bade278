import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hclFile } from '../../modules/hcl';
import { ShapeError } from '../../modules/shape';
import { writeModules } from '../../modules/write';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { type Block, services, synthesized } from '../synthesized';

const folder = mkdtempSync(join(tmpdir(), 'searchgate-modules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (changes: Block = {}) => readSettings({ ...example, ...changes }).settings;
const files = (root: string) =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length + 1), readFileSync(path)]),
  );

describe('the modules', () => {
  const first = join(folder, 'first');
  beforeAll(() => void writeModules(settings(), first));

  test('are the same bytes when they are written again, also over older ones', () => {
    const before = files(first);
    expect(Object.keys(before).length).toBeGreaterThan(40);
    cpSync(join(first, 'host'), join(first, 'gone'), { recursive: true });
    writeModules(settings(), first);
    expect(files(first)).toEqual(before);
  });

  test('have no provider and no backend; the example has the provider', () => {
    const texts = Object.entries(files(first)).filter(([path]) => path.endsWith('.tf'));
    for (const [path, bytes] of texts) {
      expect([path, /^(provider| {2}backend) /m.test(bytes.toString())]).toEqual([path, path === 'example/main.tf']);
    }
  });

  test('address their zips by path.module, and the zips are there', () => {
    const zips = Object.entries(files(first)).flatMap(([path, bytes]) =>
      [...bytes.toString().matchAll(/"\$\{path\.module\}\/(.*?\.zip)"/g)].map(([, zip]) => join(path, '..', zip ?? '')),
    );
    expect(zips).toHaveLength(2);
    for (const zip of zips) expect(readFileSync(join(first, zip)).subarray(0, 2).toString()).toBe('PK');
  });

  test('tag everything with the deployment, by which power finds its hosts', () => {
    const host = files(first)['host/main.tf']?.toString() ?? '';
    expect(host).toMatch(/tags += merge\(var\.tags, \{ "searchgate:name" = var\.name, "searchgate:node" = "node-0"/);
  });

  test('describe every variable, with the limits of the settings', () => {
    const power = files(first)['power/variables.tf']?.toString() ?? '';
    expect(power).toContain('var.idle_minutes >= 20 && var.idle_minutes <= 1440');
    for (const [path, bytes] of Object.entries(files(first)).filter(([name]) => name.endsWith('variables.tf'))) {
      for (const block of bytes
        .toString()
        .split(/^variable /m)
        .slice(1)) {
        expect([path, block]).toEqual([path, expect.stringMatching(/^ {2}description = "\w.+"$/m)]);
        expect([path, block]).toEqual([path, expect.stringMatching(/^ {2}type +=/m)]);
      }
    }
  });

  test('come with moves for what CDKTF deployed: each resource of a stack has one, and one place to go', () => {
    for (const stack of ['network', 'certificates', 'storage', 'host', 'power', 'search', 'kibana']) {
      const moves = files(first)[`moved/${stack}.tf`]?.toString() ?? '';
      const sides = (side: string) => [...moves.matchAll(new RegExp(`^  ${side} += (.*)$`, 'gm'))].map(([, at]) => at);
      const resources = Object.keys(synthesized().stack(stack).resources);
      expect([stack, sides('from')]).toEqual([stack, expect.arrayContaining(resources)]);
      expect(new Set(sides('to')).size).toBe(sides('from').length);
    }
  });

  test('have the shape of the settings: zones, alarms, buffered', () => {
    const other = join(folder, 'other');
    writeModules(
      settings({
        network: { zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
        alarms: { email: 'operations@example.com' },
        ...services({ search: { response: 'buffered' }, kibana: { response: 'buffered' } }),
      }),
      other,
    );
    const of = (path: string) => files(other)[path]?.toString() ?? '';
    expect(of('network/vpc/main.tf')).toContain('"network_host_subnet_2"'.replace('network_', ''));
    expect(of('host/main.tf')).toContain('var.alarm_topic_arn');
    expect(of('gateway/main.tf')).toContain('index.buffered');
    expect(files(first)['gateway/main.tf']?.toString()).toContain('index.streaming');
  });

  test('cannot be written where services differ in what the one gateway module fixes', () => {
    const mixed = settings(services({ search: { response: 'buffered' } }));
    expect(() => writeModules(mixed, join(folder, 'mixed'))).toThrow(ShapeError);
    expect(() => writeModules(mixed, join(folder, 'mixed'))).toThrow('search buffered, kibana streaming');
  });
});

describe('HCL', () => {
  const written = (value: string) => hclFile([{ header: ['locals'], arguments: { value } }]);

  test.each([
    ['a text', 'value = "a \\"quoted\\" text"', 'a "quoted" text'],
    ['an expression', 'value = var.name', '${var.name}'],
    ['an expression in a text with quotes', 'value = "{\\"a\\":\\"${var.name}\\"}"', '{"a":"${var.name}"}'],
    ['a text in an expression', 'value = "${join("}", ["a"])}!"', '${join("}", ["a"])}!'],
    ['what is no expression', 'value = "$${HOME}"', '$${HOME}'],
    ['several lines', 'value = <<EOT\na\n  b "c" \\d\nEOT', 'a\n  b "c" \\d\n'],
  ])('writes %s', (_, expected, value) => expect(written(value)).toBe(`locals {\n  ${expected}\n}\n`));
});
