import type { Block } from './hcl';
import type { Input } from './input';
import type { ModuleStack } from './module-stack';
import { type ProviderName, requirement, terraformVersion } from './required-providers';

/** A module's README, in the layout of terraform-docs. */
export function moduleReadme(stack: ModuleStack, blocks: readonly Block[], providers: readonly ProviderName[]): string {
  const modules = blocks.filter(({ header: [kind] }) => kind === 'module');
  const resources = blocks.flatMap(({ header: [kind, type = '', name = ''] }) =>
    kind === 'resource' || kind === 'data' ? [[`${type}.${name}`, kind === 'data' ? 'data source' : 'resource']] : [],
  );
  return [
    `# ${stack.path}`,
    '',
    stack.summary,
    '',
    ...section(
      'Requirements',
      ['Name', 'Version'],
      [['terraform', terraformVersion], ...providers.map((name) => [name, requirement(name).version])],
    ),
    ...section(
      'Providers',
      ['Name', 'Version'],
      providers.map((name) => [name, requirement(name).version]),
    ),
    ...section(
      'Modules',
      ['Name', 'Source', 'Version'],
      modules.map(({ header: [, name = ''] }) => [name, `./${name}`, 'n/a']),
    ),
    ...section(
      'Resources',
      ['Name', 'Type'],
      resources.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
    ...section('Inputs', ['Name', 'Description', 'Type', 'Default', 'Required'], byName(stack.inputs).map(inputRow)),
    ...section(
      'Outputs',
      ['Name', 'Description'],
      byName(stack.outputs).map(({ name, description }) => [name, description]),
    ),
  ].join('\n');
}

function inputRow(input: Input): string[] {
  const required = input.byDefault === undefined;
  const code = (text: string) => (text.includes('\n') ? `<pre>${text.replaceAll('\n', '<br/>')}</pre>` : `\`${text}\``);
  return [
    input.name,
    input.description,
    code(input.type),
    required ? 'n/a' : code(JSON.stringify(input.byDefault)),
    required ? 'yes' : 'no',
  ];
}

function byName<Named extends { name: string }>(all: readonly Named[]): Named[] {
  return [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function section(title: string, columns: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  if (rows.length === 0) return [`## ${title}`, '', `No ${title.toLowerCase()}.`, ''];
  return [`## ${title}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''];
}
