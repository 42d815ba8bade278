import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { actionlint } from '../local/machine';
import { describeWith } from './requirements';
import type { Block } from './synthesized';

const folder = resolve(__dirname, '../.github/workflows');
const files = readdirSync(folder);
const workflows: [string, Block][] = files.map((file) => [
  file,
  parse(readFileSync(join(folder, file), 'utf8')) as Block,
]);

const stepsOf = (workflow: Block): Block[] =>
  Object.values(workflow.jobs as Record<string, Block>).flatMap(({ steps }) => steps as Block[]);
const credentialed = ({ steps }: Block): boolean =>
  (steps as Block[]).some(({ uses }) => String(uses).startsWith('aws-actions/configure-aws-credentials@'));

describe.each(workflows)('The workflow %s', (_, workflow) => {
  test('pins every action by commit', () => {
    const used = stepsOf(workflow).flatMap(({ uses }) => (uses === undefined ? [] : [String(uses)]));
    expect(used.length).toBeGreaterThan(3);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test('has no permission by default, and gives an identity only to jobs that take a role', () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, job] of Object.entries(workflow.jobs as Record<string, Block>)) {
      expect([name, job.permissions['id-token'] === 'write']).toEqual([name, credentialed(job)]);
    }
  });

  test('puts nothing from outside into a script but through the environment', () => {
    for (const { run } of stepsOf(workflow)) expect(String(run ?? '')).not.toMatch(/\$\{\{/);
  });
});

test('Of a pull request, only the base branch’s code runs where there are credentials', () => {
  const plan = workflows.find(([file]) => file === 'plan.yml')?.[1];
  const { synth, plan: planning } = (plan?.jobs ?? {}) as Record<string, Block>;
  expect(plan?.on).toHaveProperty('pull_request');
  expect(credentialed(synth ?? {})).toBe(false);
  expect(credentialed(planning ?? {})).toBe(true);
  const [checkout] = (planning?.steps ?? []) as Block[];
  expect(checkout?.with.ref).toBe('${{ github.event.pull_request.base.sha }}');
  expect(JSON.stringify(planning)).toContain('--distrust');
});

test('Nothing is deployed without the approval of the environment that the deploy role names', () => {
  const jobs = (workflows.find(([file]) => file === 'deploy.yml')?.[1].jobs ?? {}) as Record<string, Block>;
  const deploying = Object.values(jobs).filter(credentialed);
  expect(deploying).toHaveLength(2);
  for (const job of deploying) expect(job.environment).toBe('production');
});

describeWith(['actionlint'], 'actionlint', () => {
  test('finds nothing in any workflow', () => {
    const { status, stdout } = spawnSync(
      actionlint(),
      files.map((file) => join(folder, file)),
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([0, '']);
  });

  test('would find a mistake', () => {
    const broken = readFileSync(join(folder, 'plan.yml'), 'utf8').replace('needs: synth', 'needs: nobody');
    expect(spawnSync(actionlint(), ['-'], { encoding: 'utf8', input: broken }).status).toBe(1);
  });
});
