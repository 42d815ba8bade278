import { type TerraformStack, Testing } from 'cdktf';
import { Construct } from 'constructs';
import * as exported from '../../index';
import { emptyStack } from '../empty-stack';
import { patterns } from '../patterns/catalogue';
import { type Build, catalogue as constructs, Variables } from './catalogue';
import { propertiesForTerraform } from './properties';

/** Numbers that stand for tokens in CDKTF, and texts that do: none may be left in what Terraform reads. */
const leftovers = /TfToken\[|TOKEN\.\d|\d\.\d+e\+\d{3}|\[object |undefined|NaN/;

const catalogue: Readonly<Record<string, Build>> = { ...constructs, ...patterns };

const names = Object.entries(exported)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Construct)
  .map(([name]) => name);

test('the catalogue knows every exported construct, and no other', () => {
  expect(Object.keys(catalogue).sort()).toEqual(names.sort());
  expect(names.length).toBeGreaterThan(15);
});

/** How many there are of each type of resource, data source and local. */
function counts(stack: TerraformStack): Record<string, number> {
  const { resource = {}, data = {}, locals = {} } = JSON.parse(Testing.synth(stack));
  const types: [string, object][] = [...Object.entries<object>(resource), ...Object.entries<object>(data)];
  return Object.fromEntries(
    [...types, ['locals', locals] as const].map(([type, all]) => [type, Object.keys(all).length]),
  );
}

describe.each(names)('%s', (name) => {
  const build = catalogue[name];
  if (build === undefined) throw new Error(`${name} is missing in the catalogue`);

  test('two of it fit in one stack, beside each other and in one another', () => {
    const stack = emptyStack();
    build(stack, 'first', new Variables(stack, 'first'));
    build(stack, 'second', new Variables(stack, 'second'));
    build(new Construct(stack, 'nested'), 'first', new Variables(stack, 'third'));
    const alone = emptyStack();
    build(alone, 'first', new Variables(alone, 'first'));
    expect(counts(stack)).toEqual(Object.fromEntries(Object.entries(counts(alone)).map(([type, n]) => [type, 3 * n])));
  });

  test('every property that is not fixed at synth can be left to Terraform', () => {
    const stack = emptyStack();
    const variables = new Variables(stack, 'given');
    build(stack, 'it', variables);
    expect(variables.properties.sort()).toEqual(propertiesForTerraform(`${name}Props`).sort());

    const { variable: _, ...used } = JSON.parse(Testing.synth(stack));
    const text = JSON.stringify(used);
    expect(text).not.toMatch(leftovers);
    for (const property of variables.properties) {
      expect(text).toMatch(new RegExp(`\\$\\{[^}]*var\\.${variables.name(property)}\\b`));
    }
  });
});

test('the check for leftovers finds them', () => {
  expect('"port": "-1.8881545897087626e+289"').toMatch(leftovers);
  expect('"${TfToken[TOKEN.3]}"').toMatch(leftovers);
  expect('"value": "[object Object]"').toMatch(leftovers);
});
