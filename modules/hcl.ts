/** A heredoc's lines may not be indented, so they are marked until the file is put together. */
const asItStands = '\u0000';

/** A value as Terraform has it; a text may hold `${…}`. */
export type Value =
  | string
  | number
  | boolean
  | null
  | undefined
  | Bare
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A text that is written as it stands: a reference, a type, a call. */
export class Bare {
  constructor(readonly text: string) {}
}

/** What stands in a block: comments, arguments by name, and blocks. */
export interface Body {
  /** A line each. */
  readonly comments?: readonly string[];
  readonly arguments?: Readonly<Record<string, Value>>;
  readonly blocks?: readonly Block[];
}

export interface Block extends Body {
  /** The block's type and labels, such as `['resource', 'aws_vpc', 'vpc']`. */
  readonly header: readonly [string, ...string[]];
}

/** Blocks as a file, formatted as `terraform fmt` does. */
export function hclFile(blocks: readonly Block[]): string {
  return blocks
    .map((block) => `${blockLines(block).join('\n')}\n`)
    .join('\n')
    .replaceAll(asItStands, '');
}

function blockLines({ header: [type, ...labels], ...body }: Block): string[] {
  const head = [type, ...labels.map((label) => JSON.stringify(label)), '{'].join(' ');
  const lines = bodyLines(body);
  return lines.length === 0 ? [`${head}}`] : [head, ...indented(lines), '}'];
}

function bodyLines(body: Body): string[] {
  const given = Object.entries(body.arguments ?? {}).filter(([, value]) => value !== undefined);
  const blocks = (body.blocks ?? []).flatMap((block, index) => [
    ...(index > 0 || given.length > 0 ? [''] : []),
    ...blockLines(block),
  ]);
  const comments = (body.comments ?? []).map((comment) => `# ${comment}`);
  return [...comments, ...aligned(given, ''), ...blocks];
}

/** `name = value` lines. The signs of neighbours that fit on a line stand below each other. */
function aligned(entries: readonly (readonly [string, Value])[], end: string): string[] {
  const written = entries.map(([name, value]) => ({ name: key(name), lines: valueLines(value) }));
  const short = ({ lines }: { lines: string[] }) => lines.length === 1;
  return written.flatMap((entry, index) => {
    let [first, last] = [index, index];
    while (first > 0 && written.slice(first - 1, index + 1).every(short)) first--;
    while (last < written.length - 1 && written.slice(index, last + 2).every(short)) last++;
    const width = short(entry) ? Math.max(...written.slice(first, last + 1).map(({ name }) => name.length)) : 0;
    const [head = '', ...rest] = entry.lines;
    return [`${entry.name.padEnd(width)} = ${head}`, ...rest].map((line, at, all) =>
      at === all.length - 1 ? line + end : line,
    );
  });
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' || line.startsWith(asItStands) ? line : `  ${line}`));
}

function valueLines(value: Value): string[] {
  if (value instanceof Bare) return value.text.split('\n');
  if (typeof value === 'string') return textLines(value);
  if (Array.isArray(value)) return listLines(value);
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    return entries.length === 0 ? ['{}'] : ['{', ...indented(aligned(entries, '')), '}'];
  }
  return [String(value)];
}

function listLines(list: readonly Value[]): string[] {
  const items = list.map(valueLines);
  const line = `[${items.flat().join(', ')}]`;
  if (items.every((lines) => lines.length === 1) && line.length <= 100) return [line];
  return ['[', ...indented(items.flatMap((lines) => [...lines.slice(0, -1), `${lines.at(-1)},`])), ']'];
}

function textLines(text: string): string[] {
  const parts = templateParts(text);
  const [only] = parts;
  if (parts.length === 1 && only?.expression === true) return [spaced(only.text)];
  if (text.endsWith('\n') && text.indexOf('\n') < text.length - 1) {
    const lines = text.slice(0, -1).split('\n');
    return ['<<EOT', ...lines.map((line) => asItStands + line), `${asItStands}EOT`];
  }
  return [`"${parts.map((part) => (part.expression ? `\${${part.text}}` : escaped(part.text))).join('')}"`];
}

/** An expression with blanks inside the braces of its objects. */
function spaced(expression: string): string {
  return expression.replace(/"(?:[^"\\]|\\.)*"|\{(?=[^}])|(?<=[^{])\}/g, (found) =>
    found === '{' ? '{ ' : found === '}' ? ' }' : found,
  );
}

/** `$${` stays as it is: in a quoted text it means the same as in JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * A template cut into texts and expressions. Braces within an expression's own texts and braces are its own.
 *
 * @throws Error where an expression does not end
 */
function templateParts(template: string): { expression: boolean; text: string }[] {
  const parts: { expression: boolean; text: string }[] = [];
  let start = 0;
  for (let at = template.indexOf('${'); at !== -1; at = template.indexOf('${', at)) {
    if (template[at - 1] === '$') {
      at += 2;
      continue;
    }
    const end = expressionEnd(template, at + 2);
    if (at > start) parts.push({ expression: false, text: template.slice(start, at) });
    parts.push({ expression: true, text: template.slice(at + 2, end) });
    start = end + 1;
    at = start;
  }
  if (start < template.length || parts.length === 0) parts.push({ expression: false, text: template.slice(start) });
  return parts;
}

/** Where the brace that closes an expression stands. */
function expressionEnd(template: string, start: number): number {
  const open = ['{'];
  for (let at = start; at < template.length; at++) {
    const inText = open.at(-1) === '"';
    const sign = template[at];
    if (inText && sign === '\\') at++;
    else if (sign === '"') inText ? open.pop() : open.push('"');
    else if (sign === '{' && (!inText || template[at - 1] === '$')) open.push('{');
    else if (sign === '}' && !inText) {
      open.pop();
      if (open.length === 0) return at;
    }
  }
  throw new Error(`an expression does not end: ${template.slice(start, start + 80)}`);
}

function key(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? name : `"${escaped(name)}"`;
}
