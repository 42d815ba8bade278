import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const folder = join(__dirname, '../../constructs');

/** Every interface of the constructs, by name. */
const interfaces = new Map<string, ts.InterfaceDeclaration>();
for (const file of readdirSync(folder)) {
  const source = ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.ES2022, true);
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
  });
}

/**
 * The properties of an interface that may be left to Terraform, as paths with dots: all but those whose documentation says
 * "Fixed at synth." and those that are resources themselves.
 */
export function propertiesForTerraform(name: string): string[] {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`there is no interface ${name}`);
  return ofInterface(found);
}

function ofInterface(node: ts.InterfaceDeclaration): string[] {
  const inherited = (node.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap(({ expression }) => propertiesForTerraform(expression.getText())),
  );
  return [...inherited, ...node.members.flatMap(ofMember)];
}

function ofMember(member: ts.TypeElement): string[] {
  if (!ts.isPropertySignature(member) || member.type === undefined) return [];
  const documentation = ts.getJSDocCommentsAndTags(member).map((comment) => comment.getText());
  const type = member.type.getText();
  if (/Fixed at synth\b/.test(documentation.join()) || type.includes('ITerraformDependable')) return [];
  const name = member.name.getText();
  const inner = ofType(member.type);
  return inner.length === 0 ? [name] : inner.map((path) => `${name}.${path}`);
}

/** The properties of a type that is made of properties; none for a plain value, or a class of ours. */
function ofType(type: ts.TypeNode): string[] {
  if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) return ofType(type.type);
  if (ts.isArrayTypeNode(type)) return ofType(type.elementType);
  if (ts.isTypeLiteralNode(type)) return type.members.flatMap(ofMember);
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(ofType);
  if (!ts.isTypeReferenceNode(type)) return [];
  const referred = interfaces.get(type.typeName.getText());
  return referred === undefined ? [] : ofInterface(referred);
}
