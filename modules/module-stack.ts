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
import { type Input, inputForSetting } from './input';
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

  /** A module in this one's folder that is there only where a condition holds; returns how to refer to its outputs. */
  protected optional(name: string, condition: string, inputs: Record<string, string>): (output: string) => string {
    const module = new TerraformHclModule(this, name, {
      source: `./${name}`,
      skipAssetCreationFromLocalModules: true,
      variables: Object.fromEntries(Object.entries(inputs).map(([input, value]) => [input, `\${${value}}`])),
    });
    module.addOverride('count', `\${${condition} ? 1 : 0}`);
    return (output) => `one(module.${name}[*].${output})`;
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
