import type { TerraformStack } from 'cdktf';
import { DefaultTokenResolver, StringConcat, TerraformElement, Tokenization } from 'cdktf';
import type { AcceptedFindings } from '../constructs/accepted-findings';
import { Bare, type Block, type Body, type Value } from './hcl';

/** What CDKTF knows of an argument or a block that a provider has: which of both it is. */
interface Described {
  readonly value: unknown;
  readonly isBlock?: boolean;
  readonly is_block?: boolean;
}

type Named = Readonly<Record<string, unknown>>;

/** The kinds of elements whose blocks have labels, with how many. */
const labelled = { resource: 2, data: 2, module: 1 } as const;

/**
 * Resources, data sources, modules and locals of a stack as blocks.
 *
 * CDKTF tells what is a block and what an argument. Its own writer is not used: in 0.21 it does not escape the quotes of a text
 * that holds an expression, and writes a text of several lines without a heredoc, which Terraform cannot read.
 */
export function stackBlocks(stack: TerraformStack): Block[] {
  return stack.node
    .findAll()
    .filter((node): node is TerraformElement => TerraformElement.isTerraformElement(node))
    .flatMap((element) => {
      const fragment: Record<string, Record<string, Named>> = Tokenization.resolve(element.toHclTerraform(), {
        scope: stack,
        resolver: new DefaultTokenResolver(new StringConcat()),
        preparing: false,
      });
      const locals = Object.entries(fragment.locals ?? {}).map(([name, local]) => ({
        header: ['locals'] as const,
        arguments: { [name]: plain((local as unknown as Described).value) },
      }));
      const blocks = Object.entries(labelled).flatMap(([kind, labels]) =>
        leaves(fragment[kind] ?? {}, labels).map(([names, entries]) => ({
          header: [kind, ...names] as const,
          ...body(entries),
        })),
      );
      return [...locals, ...blocks];
    });
}

/** Nested records of a depth, each with the keys that lead to it. */
function leaves(named: Named, depth: number): [string[], Named][] {
  return Object.entries(named).flatMap(([name, inner]) =>
    depth === 1
      ? [[[name], inner as Named] as [string[], Named]]
      : leaves(inner as Named, depth - 1).map(([rest, leaf]): [string[], Named] => [[name, ...rest], leaf]),
  );
}

/** What Terraform itself has in every block, beside what providers have. */
const metaArguments: Readonly<Record<string, (value: unknown) => Body>> = {
  '//': (value) => ({ comments: checkovComments((value as { accepted?: AcceptedFindings }).accepted) }),
  count: (value) => ({ arguments: { count: plain(value) } }),
  depends_on: (value) => ({ arguments: { depends_on: references(value) } }),
  lifecycle: (value) => ({
    blocks: [
      {
        header: ['lifecycle'],
        arguments: Object.fromEntries(
          Object.entries(value as Named).map(([name, each]) => [
            name,
            Array.isArray(each) ? references(each) : plain(each),
          ]),
        ),
      },
    ],
  }),
};

function body(entries: Named): Body {
  const bodies = Object.entries(entries).map(([name, entry]): Body => {
    const meta = metaArguments[name];
    if (meta !== undefined) return meta(entry);
    if (entry === undefined || entry === null) return {};
    if (!isDescribed(entry)) return { arguments: { [name]: plain(entry) } };
    if (entry.value === undefined) return {};
    if (entry.isBlock !== true && entry.is_block !== true) return { arguments: { [name]: plain(entry.value) } };
    return { blocks: [entry.value].flat().map((each) => ({ header: [name] as const, ...body(each as Named) })) };
  });
  const given = bodies.map((each) => each.arguments ?? {});
  return {
    comments: bodies.flatMap((each) => each.comments ?? []),
    // What it is, and whether there is one at all, come first, as everywhere.
    arguments: Object.assign({}, ...given.filter((each) => 'source' in each || 'count' in each), ...given),
    blocks: bodies.flatMap((each) => each.blocks ?? []),
  };
}

/** The comments by which checkov itself leaves a finding out. */
export function checkovComments(accepted: AcceptedFindings = {}): string[] {
  return Object.entries(accepted).map(([check, because]) => `checkov:skip=${check}: ${because}`);
}

function isDescribed(entry: unknown): entry is Described {
  if (typeof entry !== 'object' || entry === null) return false;
  // What is passed to a module is of any type, and never a block.
  return 'isBlock' in entry || 'is_block' in entry || ('value' in entry && 'type' in entry && entry.type === 'any');
}

/** A value without CDKTF's descriptions, which attributes made of objects have at each level. */
function plain(value: unknown): Value {
  if (isDescribed(value)) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'string') return bracketed(value);
  if (typeof value !== 'object' || value === null) return value as Value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

/** CDKTF writes an element of a list as Terraform once did, with a dot. */
function bracketed(text: string): string {
  return text.replace(/\$\{[^}]*\}/g, (expression) => expression.replace(/\)\.(\d+)(?=\.)/g, ')[$1]'));
}

function references(value: unknown): Bare[] {
  return (value as string[]).map((name) => new Bare(name.replace(/^\$\{(.*)\}$/, '$1')));
}
