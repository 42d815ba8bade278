import { join } from 'node:path';
import ts from 'typescript';

/** What the package exports. */
const face = join(__dirname, '../index.ts');

const intro = `# Constructs and patterns

What the package exports, one section a construct: the smallest call, properties, attributes. Every property takes a token, but for
those that say "Fixed at synth". This page is made from the sources by \`npm run schema\`.
`;

/** The constructs that the package exports as a page. */
export function constructsReference(): string {
  const program = ts.createProgram([face], { strict: true, skipLibCheck: true, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(face);
  const exported = source && checker.getSymbolAtLocation(source);
  if (exported === undefined) throw new Error('index.ts exports nothing');
  const classes = checker
    .getExportsOfModule(exported)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.flags & ts.SymbolFlags.Class)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const sections = classes.flatMap((symbol) => section(symbol, checker) ?? []);
  return `${[intro, ...sections].join('\n')}`;
}

function section(symbol: ts.Symbol, checker: ts.TypeChecker): string | undefined {
  const declaration = symbol.valueDeclaration;
  if (declaration === undefined || !ts.isClassDeclaration(declaration)) return undefined;
  const instance = checker.getDeclaredTypeOfSymbol(symbol);
  if (instance.getProperty('node') === undefined) return undefined;
  const construction = checker.getTypeOfSymbol(symbol).getConstructSignatures()[0];
  const props = construction?.parameters[2];
  const properties = props === undefined ? [] : checker.getTypeOfSymbol(props).getProperties();
  const attributes = instance.getProperties().filter((each) => isAttribute(each));
  const required = properties
    .filter(({ flags }) => !(flags & ts.SymbolFlags.Optional))
    .map(({ name }) => `  ${name}: …,`);
  const call = [`new ${symbol.name}(this, 'id', {`, ...required, '});'];
  return [
    `## ${symbol.name}`,
    '',
    said(symbol, checker),
    '',
    ...call.map((line) => `    ${line}`),
    '',
    ...table(
      ['property', 'type', 'what it is', 'default'],
      properties.map((each) => row(each, checker)),
    ),
    ...table(
      ['attribute', 'type', 'what it is'],
      attributes.map((each) => row(each, checker).slice(0, 3)),
    ),
  ].join('\n');
}

/** What a construct has of its own that can be read and not written. */
function isAttribute({ name, valueDeclaration }: ts.Symbol): boolean {
  if (valueDeclaration === undefined || !ts.isPropertyDeclaration(valueDeclaration)) return false;
  const flags = ts.getCombinedModifierFlags(valueDeclaration);
  return (
    name !== 'node' && !(flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static))
  );
}

function row(property: ts.Symbol, checker: ts.TypeChecker): string[] {
  const { valueDeclaration } = property;
  const type =
    valueDeclaration === undefined
      ? ''
      : checker.typeToString(
          checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(property, valueDeclaration)),
          undefined,
          ts.TypeFormatFlags.NoTruncation,
        );
  const byDefault = property.getJsDocTags(checker).find(({ name }) => name === 'default');
  const optional = property.flags & ts.SymbolFlags.Optional;
  const unless = ts.displayPartsToString(byDefault?.text);
  return [`\`${property.name}\``, `\`${type}\``, said(property, checker), optional ? unless : 'required'];
}

function said(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s*\n\s*/g, ' ');
}

function table(columns: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line), ''];
}
