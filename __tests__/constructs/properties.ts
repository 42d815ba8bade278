import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Every interface of the constructs and patterns, by name. */
const interfaces = new Map<string, ts.InterfaceDeclaration>();
for (const folder of ['constructs', 'patterns'].map((name) => join(__dirname, '../..', name))) {
  for (const file of readdirSync(folder)) {
    const source = ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.ES2022, true);
    source.forEachChild((node) => {
      if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
    });
  }
}

/**
 * The properties of an interface that may be left to Terraform, as paths with dots: all but those whose documentation says
 * "Fixed at synth." and those that are resources themselves.
 */
export function propertiesForTerraform(name: string): string[] {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`there is no interface ${name}`);
  return [...new Set(ofInterface(found))];
}

function ofInterface(node: ts.InterfaceDeclaration): string[] {
  const inherited = (node.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap(({ expression, typeArguments }) => ofReference(expression.getText(), typeArguments)),
  );
  return [...inherited, ...node.members.flatMap(ofMember)];
}

/** An interface by its name, or what Omit and Pick leave of one. */
function ofReference(name: string, [type, keys]: readonly ts.TypeNode[] = []): string[] {
  if (name !== 'Omit' && name !== 'Pick') {
    const found = interfaces.get(name);
    return found === undefined ? [] : ofInterface(found);
  }
  if (type === undefined || keys === undefined) throw new Error(`${name} has two arguments`);
  const named = (ts.isUnionTypeNode(keys) ? [...keys.types] : [keys]).map((key) => key.getText().replaceAll("'", ''));
  return ofType(type).filter((path) => named.includes(path.split('.')[0] ?? '') === (name === 'Pick'));
}

/** The type of one property of an interface, such as `ForwarderFunctionProps['power']`. */
function ofProperty(type: ts.TypeNode, key: string): string[] {
  const found = interfaces.get(type.getText());
  const member = found?.members.find((each) => each.name?.getText() === key);
  if (member === undefined || !ts.isPropertySignature(member) || member.type === undefined)
    throw new Error(`there is no ${type.getText()}.${key}`);
  return ofType(member.type);
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
  if (ts.isIntersectionTypeNode(type) || ts.isUnionTypeNode(type)) return type.types.flatMap(ofType);
  if (ts.isIndexedAccessTypeNode(type))
    return ofProperty(type.objectType, type.indexType.getText().replaceAll("'", ''));
  return ts.isTypeReferenceNode(type) ? ofReference(type.typeName.getText(), type.typeArguments) : [];
}
