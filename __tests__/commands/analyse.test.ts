import { join } from 'node:path';
import { project, runScript } from '../command-line';

test('npm run analyse -- --reasons lists what is accepted, why, and for which resources', async () => {
  const { code, stdout, stderr } = await runScript(join(project, 'commands/analyse.ts'), ['--reasons']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^CKV_AWS_189 {2}AWS’s own key encrypts it.*\n {2}storage:node_0_volume/m);
  expect(stdout).toMatch(/^terraform_documented_outputs {2}CDKTF writes.*\n {2}:cross_stack_output_$/m);
});
