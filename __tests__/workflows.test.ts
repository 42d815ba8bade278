import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { builtHere } from '../local/machine';
import { commentMarker } from '../plan-review/comment';
import { describeWith } from './requirements';
import type { Block } from './synthesized';

const folder = resolve(__dirname, '../.github/workflows');
const files = readdirSync(folder);
const workflows: [string, Block][] = files.map((file) => [
  file,
  parse(readFileSync(join(folder, file), 'utf8')) as Block,
]);

const stepsOf = (jobs: Record<string, Block>): Block[] => Object.values(jobs).flatMap(({ steps }) => steps as Block[]);
const credentialed = ({ steps }: Block): boolean =>
  (steps as Block[]).some(({ uses }) => String(uses).startsWith('aws-actions/configure-aws-credentials@'));

describe.each(workflows)('The workflow %s', (_, { jobs, permissions }) => {
  test('pins every action by commit', () => {
    const used = stepsOf(jobs).flatMap(({ uses }) => (uses === undefined ? [] : [String(uses)]));
    expect(used.length).toBeGreaterThan(2);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test('has no permission by default, and gives an identity only to jobs that take a role', () => {
    expect(permissions).toEqual({});
    for (const [name, job] of Object.entries(jobs as Record<string, Block>)) {
      expect([name, job.permissions['id-token'] === 'write']).toEqual([name, credentialed(job)]);
    }
  });

  test('puts nothing from outside into a script but through the environment', () => {
    for (const { run } of stepsOf(jobs)) expect(String(run ?? '')).not.toMatch(/\$\{\{/);
  });
});

const workflow = (name: string): Block => {
  const found = workflows.find(([file]) => file === `${name}.yml`)?.[1];
  if (found === undefined) throw new Error(`no workflow ${name}`);
  return found;
};

test('A workflow that a pull request starts, and could rewrite, has no credentials and may write nothing', () => {
  const started = workflows.filter(([, { on }]) => 'pull_request' in on || 'pull_request_target' in on);
  expect(started.map(([file]) => file)).toEqual(['plan.yml']);
  for (const job of Object.values(workflow('plan').jobs as Record<string, Block>)) {
    expect([job.permissions, credentialed(job)]).toEqual([{ contents: 'read' }, false]);
  }
});

test('Where there are credentials, the base branch’s code plans what the pull request synthesized', () => {
  const { on, jobs } = workflow('review');
  expect(on).toEqual({ workflow_run: { workflows: [workflow('plan').name], types: ['completed'] } });
  const { review } = jobs as Record<string, Block>;
  const steps = (review?.steps ?? []) as Block[];
  const checkouts = steps.filter(({ uses }) => String(uses).startsWith('actions/checkout@'));
  expect(checkouts.map((step) => step.with.ref)).toEqual([
    '${{ github.event.workflow_run.pull_requests[0].base.sha }}',
  ]);
  expect(review?.if).toContain('pull_requests[0].base.ref == github.event.repository.default_branch');
  expect(review?.if).toContain('head_repository.full_name == github.repository');
  const position = (part: string) => steps.findIndex((step) => JSON.stringify(step).includes(part));
  const [installs, takesRole, plans] = ['npm ci', 'configure-aws-credentials', '--distrust'].map(position);
  expect([installs, takesRole, plans]).toEqual([installs, takesRole, plans].sort((a = 0, b = 0) => a - b));
  expect(installs).toBeGreaterThan(0);
});

test('One comment is updated in place, and the status says how the review came out', () => {
  const last = stepsOf(workflow('review').jobs as Record<string, Block>).at(-1);
  expect(last?.if).toBe('always()');
  expect(last?.with.script).toContain(commentMarker);
  for (const call of ['updateComment', 'createComment', 'createCommitStatus'])
    expect(last?.with.script).toContain(call);
});

test('Nothing is deployed without the approval of the environment that the deploy role names', () => {
  const jobs = workflow('deploy').jobs as Record<string, Block>;
  const deploying = Object.values(jobs).filter(credentialed);
  expect(deploying).toHaveLength(2);
  for (const job of deploying) expect(job.environment).toBe('production');
});

describeWith(['actionlint'], 'actionlint', () => {
  test('finds nothing in any workflow', () => {
    const { status, stdout } = spawnSync(
      builtHere('actionlint'),
      files.map((file) => join(folder, file)),
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([0, '']);
  });

  test('would find a mistake', () => {
    const broken = readFileSync(join(folder, 'deploy.yml'), 'utf8').replace('needs: synth', 'needs: nobody');
    expect(spawnSync(builtHere('actionlint'), ['-'], { encoding: 'utf8', input: broken }).status).toBe(1);
  });
});
