import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import {
  type App,
  Aspects,
  DefaultTokenResolver,
  Fn,
  type IResolvable,
  ref,
  StringConcat,
  TerraformHclModule,
  TerraformResource,
  Token,
  Tokenization,
} from 'cdktf';
import { AddressedStack } from '../stacks/addressed-stack';
import { Bare, type Value } from './hcl';
import { type Input, inputForSetting, type Validation } from './input';
import { lengthOf } from './inputs';

export interface Output {
  readonly name: string;
  readonly description: string;
  readonly value: Value;
}

/** What every module takes. */
const everywhere: readonly Input[] = [
  inputForSetting('name', 'name'),
  inputForSetting('tags', 'tags', { description: 'Tags on everything, beside searchgate:name' }),
];

/**
 * A stack without provider and backend that becomes a Terraform module. What a pattern wants to know at synth is fixed when the
 * module is written; everything else is a variable.
 */
export abstract class ModuleStack extends AddressedStack {
  readonly inputs: Input[] = [];
  readonly outputs: Output[] = [];

  /**
   * @param path its folder below the modules'
   * @param summary what it is, for its README
   */
  constructor(
    app: App,
    readonly path: string,
    readonly summary: string,
  ) {
    super(app, path.replaceAll('/', '-'));
    this.inputs.push(...everywhere);
    Aspects.of(this).add({
      visit: (node) => {
        // A module's files lie beside it, wherever it is called from.
        if (node instanceof LambdaFunction) node.filename = `\${path.module}/${node.filenameInput}`;
        if (isTaggable(node)) node.tags = this.tagged(node.tagsInput);
      },
    });
  }

  /** The deployment's name. */
  protected get name(): string {
    return this.text('var.name');
  }

  protected setting(name: string, path: string, changes?: Partial<Input>): void {
    this.inputs.push(inputForSetting(name, path, changes));
  }

  /** A list with one entry a node or zone; how many is fixed. */
  protected list(name: string, length: number, description: string, changes: Partial<Input> = {}): string[] {
    this.inputs.push({
      name,
      type: 'list(string)',
      description,
      validations: [lengthOf(name, length)],
      ...changes,
    });
    return Array.from({ length }, (_, index) => this.text(`var.${name}[${index}]`));
  }

  protected output(name: string, description: string, value: Value): void {
    this.outputs.push({ name, description, value });
  }

  /**
   * An input for what may be there already. It is an object: Terraform wants to know before it makes anything whether it was given,
   * and knows that of an object whose attributes are still to come from a resource.
   *
   * @param attributes the object's attributes, each with its type
   */
  protected existing(
    name: string,
    attributes: Readonly<Record<string, string>>,
    description: string,
    validations?: readonly Validation[],
  ): void {
    const width = Math.max(...Object.keys(attributes).map(({ length }) => length));
    const lines = Object.entries(attributes).map(([attribute, type]) => `  ${attribute.padEnd(width)} = ${type}\n`);
    this.inputs.push({ name, type: `object({\n${lines.join('')}})`, description, byDefault: null, validations });
  }

  /**
   * A module in this one's folder that makes what an input may hold already.
   *
   * @param existing the input
   * @param variables the module's, as expressions
   * @returns an attribute of the one or the other, as an expression
   */
  protected madeUnless(
    existing: string,
    module: string,
    variables: Readonly<Record<string, string>>,
  ): (attribute: string) => string {
    const made = new TerraformHclModule(this, module, {
      source: `./${module}`,
      skipAssetCreationFromLocalModules: true,
      variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, `\${${value}}`])),
    });
    made.addOverride('count', `\${var.${existing} == null ? 1 : 0}`);
    return (attribute) =>
      `var.${existing} == null ? one(module.${module}[*].${attribute}) : var.${existing}.${attribute}`;
  }

  /** A value with everything that CDKTF resolves. */
  resolve(value: unknown): unknown {
    return Tokenization.resolve(value, {
      scope: this,
      resolver: new DefaultTokenResolver(new StringConcat()),
      preparing: false,
    });
  }

  // Expressions of Terraform, as what TypeScript takes them for.
  protected text(expression: string): string {
    return Token.asString(ref(expression, this));
  }
  protected number(expression: string): number {
    return Token.asNumber(ref(expression, this));
  }
  protected texts(expression: string): string[] {
    return Token.asList(ref(expression, this));
  }
  protected yesOrNo(expression: string): IResolvable {
    return ref(expression, this);
  }

  private tagged(own: Record<string, string> | undefined): Record<string, string> {
    return Token.asStringMap(Fn.merge([ref('var.tags', this), { 'searchgate:name': this.name, ...own }]));
  }
}

interface Taggable {
  tags: Record<string, string>;
  readonly tagsInput: Record<string, string> | undefined;
}

function isTaggable(node: object): node is TerraformResource & Taggable {
  return TerraformResource.isTerraformResource(node) && 'tagsInput' in node;
}

/** A reference for an output. */
export function refer(expression: string): Bare {
  return new Bare(expression);
}
