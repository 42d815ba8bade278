import { jsonSchema, type Schema } from '../settings/reference';
import { Bare, type Block, type Value } from './hcl';

/** A module's variable. */
export interface Input {
  readonly name: string;
  /** In Terraform's words, such as `list(string)`. */
  readonly type: string;
  readonly description: string;
  /** @default it has to be given */
  readonly byDefault?: Value;
  /** The defaults of an object's attributes. */
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly validations?: readonly Validation[];
}

export interface Validation {
  /** An expression that is true for what is allowed. */
  readonly condition: string;
  /** A sentence that names what was given and what is allowed. */
  readonly message: string;
}

/** The `variable` block of an input. */
export function variableBlock({ name, type, description, byDefault, validations = [] }: Input): Block {
  return {
    header: ['variable', name],
    arguments: { description, type: new Bare(type), default: byDefault },
    blocks: validations.map(({ condition, message }) => ({
      header: ['validation'] as const,
      arguments: { condition: new Bare(condition), error_message: message },
    })),
  };
}

/**
 * The variable for a setting: its description, its default and what is allowed come from the settings' schema.
 *
 * @param path the setting, such as `power.idleMinutes`; `services` stands for one of them
 */
export function inputForSetting(name: string, path: string, changes: Partial<Input> = {}): Input {
  const schema = setting(path);
  const optional = schema.default === undefined && !isRequired(path);
  const properties = Object.entries(schema.properties ?? {});
  return {
    name,
    type: terraformType(schema),
    description: (schema.description ?? '').split('. Allowed: ')[0] ?? '',
    ...defaultOf(schema, optional),
    validations:
      properties.length > 0
        ? properties.flatMap(([key, inner]) =>
            validations(inner, `var.${name}.${snake(key)}`, inner.default === undefined),
          )
        : validations(schema, `var.${name}`, optional),
    ...changes,
  };
}

function defaultOf(schema: Schema, optional: boolean): Pick<Input, 'byDefault' | 'attributes'> {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length > 0) {
    const attributes = properties.map(([key, inner]) => [snake(key), inner.default as Value]);
    return { byDefault: {}, attributes: Object.fromEntries(attributes) };
  }
  if (optional) return { byDefault: null };
  return schema.default === undefined ? {} : { byDefault: schema.default as Value };
}

function isRequired(path: string): boolean {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  const parent = parts.length === 0 ? jsonSchema() : setting(parts.join('.'));
  return parent.required?.includes(last) ?? false;
}

/** @throws Error where the settings have no such key */
function setting(path: string): Schema {
  return path.split('.').reduce((schema, key) => {
    const found = schema.properties?.[key];
    if (found === undefined) throw new Error(`there is no setting ${path}`);
    return found.items?.properties === undefined ? found : found.items;
  }, jsonSchema());
}

function terraformType(schema: Schema): string {
  if (schema.properties !== undefined) {
    const attributes = Object.entries(schema.properties).map(([key, inner]) => {
      const byDefault = inner.default === undefined ? '' : `, ${JSON.stringify(inner.default)}`;
      return `${snake(key)} = optional(${terraformType(inner)}${byDefault})`;
    });
    const width = Math.max(...attributes.map((each) => each.indexOf(' =')));
    return `object({\n${attributes.map((each) => `  ${each.replace(/^\w+/, (key) => key.padEnd(width))}\n`).join('')}})`;
  }
  if (schema.type === 'array') return `list(${terraformType(schema.items ?? {})})`;
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'integer' || schema.type === 'number') return 'number';
  if (schema.type === 'object') return 'map(string)';
  return 'string';
}

/** What the schema allows, as conditions. */
function validations(schema: Schema, value: string, optional: boolean): Validation[] {
  const unless = optional ? `${value} == null ? true : ` : '';
  const inWords = schema.description?.split('. Allowed: ')[1];
  const validation = (condition: string, allowed: string): Validation => ({
    condition: unless + condition,
    // What a template would take for an expression can only be in what was given.
    message: `${value.replace(/^var\./, '')} is \${jsonencode(${value})}; allowed: ${allowed}.`,
  });
  const values = schema.enum ?? schema.anyOf?.map((each) => each.const);
  if (values !== undefined) {
    return [
      validation(`contains([${values.map((each) => JSON.stringify(each)).join(', ')}], ${value})`, values.join(', ')),
    ];
  }
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) {
    const whole = schema.type === 'integer' ? ` && floor(${value}) == ${value}` : '';
    return [
      validation(
        `${value} >= ${minimum} && ${value} <= ${maximum}${whole}`,
        `${whole === '' ? 'a' : 'a whole'} number from ${minimum} to ${maximum}`,
      ),
    ];
  }
  if (schema.type === 'string' && schema.pattern !== undefined) {
    return [validation(matches(schema.pattern, value), inWords ?? `what ${schema.pattern} matches`)];
  }
  return [];
}

/**
 * Terraform's regular expressions know no lookahead, so those at the start of a pattern become conditions of their own.
 *
 * @throws Error where one stands elsewhere
 */
function matches(pattern: string, value: string): string {
  const lookahead = /^\^\(\?([=!])((?:[^()\\]|\\.)*)\)/.exec(pattern);
  if (lookahead !== null) {
    const [whole, kind, looked = ''] = lookahead;
    const own = `${kind === '!' ? '!' : ''}can(regex(${hclText(`^(?:${looked})`)}, ${value}))`;
    return `${own} && ${matches(`^${pattern.slice(whole.length)}`, value)}`;
  }
  if (/\(\?[=!<]/.test(pattern)) throw new Error(`Terraform cannot match ${pattern}`);
  return `can(regex(${hclText(pattern)}, ${value}))`;
}

function hclText(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${');
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
