import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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
    expect(used.length).toBeGreaterThan(1);
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
  expect(started.map(([file]) => file)).toEqual(['plan.yml', 'test.yml']);
  for (const job of started.flatMap(([, { jobs }]) => Object.values(jobs as Record<string, Block>))) {
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

describe('A deploy, after the stack that does anything else than was reviewed,', () => {
  const script = stepsOf(workflow('deploy').jobs as Record<string, Block>).find(({ id }) => id === 'deploy')?.run;
  const temporary = mkdtempSync(join(tmpdir(), 'searchgate-workflow-'));
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  /** Runs the script as GitHub does, with programs that write down how they are called and end as they are told. */
  function deployed(job: string, ends: { deploy: number; gate: number }, allow = '') {
    const place = mkdtempSync(join(temporary, 'run-'));
    const program = (name: string, text: string) =>
      writeFileSync(join(place, name), `#!/usr/bin/env bash\necho "${name} $*" >> ${place}/calls\n${text}\n`, {
        mode: 0o755,
      });
    program('aws', '');
    program(
      'npm',
      `[ "$2" = deploy-reviewed ] || exit ${ends.gate}; mkdir -p ${place}/plans; touch ${place}/plans/search.json; exit ${ends.deploy}`,
    );
    const { status } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', String(script)], {
      env: {
        PATH: `${place}:${process.env.PATH}`,
        ...{ RUNNER_TEMP: place, GITHUB_OUTPUT: join(place, 'output'), GITHUB_STEP_SUMMARY: join(place, 'summary') },
        ...{ GITHUB_JOB: job, REVIEWED: 's3://state/plans/digest', RUN: '7', ALLOWED: allow },
      },
    });
    const calls = readFileSync(join(place, 'calls'), 'utf8').replaceAll(place, '');
    const told = existsSync(join(place, 'output')) ? readFileSync(join(place, 'output'), 'utf8') : '';
    return {
      status,
      calls,
      told,
      allowed: existsSync(join(place, 'allowed')) && readFileSync(join(place, 'allowed'), 'utf8'),
    };
  }
  const read = 'aws s3 cp --recursive s3://state/plans/digest/departed/7 /reviewed';
  const kept = 'aws s3 cp --sse AES256 /plans/search.json s3://state/plans/digest/departed/7/';

  test('asks for a second approval, with the plan kept for that run alone', () => {
    const first = deployed('deploy', { deploy: 3, gate: 0 });
    expect(first).toMatchObject({ status: 0, told: 'departed=true\n' });
    expect(first.calls).toContain('aws s3 cp --recursive --exclude departed/* s3://state/plans/digest /reviewed\n');
    expect(first.calls).not.toContain(read);
    expect(first.calls).toContain(kept);
    const second = deployed('deploy-departed', { deploy: 0, gate: 0 });
    expect([second.status, second.calls.includes(read), second.calls.includes(kept)]).toEqual([0, true, false]);
    expect(deployed('deploy-departed', { deploy: 3, gate: 0 }).status).toBe(3);
  });

  test('asks for none where the gate refuses, unless whoever starts it allows the addresses', () => {
    const { status, calls, told } = deployed('deploy', { deploy: 3, gate: 1 });
    expect([status, told, calls.includes(kept)]).toEqual([1, '', false]);
    const { allowed } = deployed('deploy', { deploy: 3, gate: 0 }, 'storage:aws_ebs_volume.v aws_kms_key.k');
    expect(allowed).toBe('storage:aws_ebs_volume.v\naws_kms_key.k\n');
  });

  test('asks for none where there is nothing to approve', () => {
    expect(deployed('deploy', { deploy: 0, gate: 0 })).toMatchObject({ status: 0, told: '' });
    expect(deployed('deploy', { deploy: 1, gate: 0 })).toMatchObject({ status: 1, told: '' });
  });
});

test('Plans, deploys and reviews take the settings that the repository names', () => {
  for (const name of ['plan', 'review', 'deploy'])
    expect(workflow(name).env).toEqual({ SEARCHGATE_SETTINGS: '${{ vars.SEARCHGATE_SETTINGS }}' });
});

test('A new description neither stops the tests nor passes for them', () => {
  expect(workflow('test').on).toEqual({ pull_request: { branches: ['main'] } });
  expect(JSON.stringify(workflow('test').jobs)).toContain('npm test');
  expect(JSON.stringify(workflow('plan').jobs)).not.toContain('npm test');
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
