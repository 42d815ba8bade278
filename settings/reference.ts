import { z } from 'zod';
import { settingsSchema } from './schema';

/** What this project uses of JSON Schema. */
export interface Schema {
  description?: string;
  type?: string;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  required?: string[];
}

/** The settings' JSON Schema, for editors. */
export function settingsSchemaJson(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

/** The settings as a page: one table a group. */
export function settingsReference(): string {
  const intro = [
    '# Settings',
    '',
    'One JSON file describes one deployment. `SEARCHGATE_SETTINGS` names it; without it `settings/example.json` is read. With',
    '`"$schema": "./schema.json"` in it an editor completes and checks. Whatever is wrong is listed at once, with the key, what was',
    'given and what is allowed.',
    '',
    'This page is made from `settings/schema.ts` by `npm run schema`.',
    '',
  ];
  return [...intro, ...tables('', jsonSchema())].join('\n');
}

/** The settings' JSON Schema. */
export function jsonSchema(): Schema {
  return z.toJSONSchema(settingsSchema, { io: 'input' }) as Schema;
}

function tables(path: string, schema: Schema): string[] {
  const entries = Object.entries(schema.properties ?? {}).filter(([key]) => key !== '$schema');
  const own = [
    ...(path === '' ? [] : [`## ${path}`, '']),
    ...(path === '' || schema.description === undefined ? [] : [`${schema.description}.`, '']),
    '| key | what it is | allowed | default |',
    '| --- | --- | --- | --- |',
    ...entries.map(([key, value]) => row(key, value, schema.required?.includes(key) ?? false)),
    '',
  ];
  const inner = entries.flatMap(([key, value]) => {
    if (value.properties !== undefined) return tables(path === '' ? key : `${path}.${key}`, value);
    if (value.items?.properties !== undefined) return tables(`${path === '' ? key : `${path}.${key}`}[]`, value.items);
    return [];
  });
  return [...own, ...inner];
}

function row(key: string, schema: Schema, required: boolean): string {
  const [description = '', inWords] = (schema.description ?? '').split('. Allowed: ');
  const cells = [`\`${key}\``, description, inWords ?? allowed(schema), required ? 'required' : byDefault(schema)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function allowed(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.minimum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  if (schema.type === 'array') return schema.items?.properties === undefined ? 'a list' : 'a list, see below';
  if (schema.properties !== undefined) return 'see below';
  if (schema.pattern !== undefined && schema.format === undefined) return 'text';
  return schema.format ?? (schema.type === 'object' ? 'an object of texts' : 'text');
}

function byDefault(schema: Schema): string {
  if (schema.default === undefined || schema.properties !== undefined) return '';
  return `\`${JSON.stringify(schema.default)}\``;
}
