import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { besideResources } from '../../analysis/accepted';
import { compare, readTflint } from '../../analysis/findings';
import { moduleFolders, stackFolders, tflintFindings } from '../../analysis/tflint';
import { builtHere } from '../../local/machine';
import { writeModules } from '../../modules/write';
import { readSettings } from '../../settings';
import example from '../../settings/example.json';
import { describeWith } from '../requirements';
import { synthesized } from '../synthesized';

test('A stack that tflint could not read is no stack without findings', () => {
  expect(() => readTflint('search', '{"issues":[],"errors":[{"message":"no JSON"}]}')).toThrow('search: no JSON');
});

describeWith(['tflint'], 'tflint on every stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'searchgate-tflint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('finds nothing that is not accepted with a reason', async () => {
    const findings = await tflintFindings(builtHere('tflint'), stackFolders(synthesized().folder));
    expect(compare(findings, besideResources).open).toEqual([]);
  }, 60_000);

  test('finds nothing in the modules and their example either', async () => {
    const modules = join(folder, 'modules');
    writeModules(readSettings(example).settings, modules);
    const folders = moduleFolders(modules);
    expect(Object.keys(folders)).toEqual(expect.arrayContaining(['example', 'gateway', 'network/vpc']));
    expect(compare(await tflintFindings(builtHere('tflint'), folders), besideResources).open).toEqual([]);
  }, 60_000);

  test('would find an output that says nothing of itself, and a local that nobody uses', async () => {
    cpSync(synthesized().folder, folder, { recursive: true });
    const file = join(folder, 'stacks/search/cdk.tf.json');
    const stack = JSON.parse(readFileSync(file, 'utf8'));
    delete stack.output.url.description;
    stack.locals = { ...stack.locals, unused: 1 };
    writeFileSync(file, JSON.stringify(stack));
    const { open } = compare(await tflintFindings(builtHere('tflint'), stackFolders(folder)), besideResources);
    expect(open.map(({ check, resource }) => `${check} ${resource}`).sort()).toEqual([
      'terraform_documented_outputs search:url',
      'terraform_unused_declarations search:local.unused',
    ]);
  }, 60_000);
});
