import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../../settings';
import { clientOptions, seedAccount } from '../emulator/account';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/emulator';
import { pythonEnvironment } from '../emulator/python-environment';
import { run } from '../process-group';
import { deploy, stacksInOrder } from '../terraform/cdktf';
import { type BootstrapOutcome, bootstrapState, bucketExists } from '../terraform/state-bucket';
import { stateKey, synthesizeState } from '../terraform/state-synth';
import { emulatedWorkspace, type Workspace } from '../terraform/workspace';
import type { Progress } from './progress';

const project = resolve(__dirname, '../..');

/** Everything deployed into an emulated AWS. */
export interface Deployment {
  emulator: Emulator;
  workspace: Workspace;
  /** The state stack's own workspace. */
  stateWorkspace: Workspace;
  /** Resources as Terraform counted them, by stack. */
  results: Map<string, string>;
  /** All that was said. */
  log: string;
}

/** The product's own synth, by its own command, into a folder of the rehearsal's. */
export async function synthesize(output: string, environment = process.env): Promise<void> {
  mkdirSync(output, { recursive: true });
  const { code, errors } = await run(
    process.execPath,
    ['--require', 'tsx/cjs', join(project, 'commands/synth.ts'), '--output', output],
    { cwd: project, env: environment },
  );
  if (code !== 0) throw new Error(`npm run synth ended with ${code}:\n${errors.trim()}`);
}

/** Starts the emulated AWS with what an account has beforehand. */
export async function startAccount(
  settings: Settings,
  { venv, progress, calls }: { venv: string; progress: Progress } & EmulatorOptions,
): Promise<Account> {
  const python = await progress.step(
    'emulator',
    (say) => pythonEnvironment(venv, say),
    () => 'moto and what it needs, pinned by hash',
  );
  return progress.step(
    'emulated AWS',
    async () => {
      const emulator = await startEmulator(python, { calls });
      try {
        const { region, domain } = settings;
        return { emulator, hostedZone: await seedAccount(emulator.endpoint, { region, domain: domain.name }) };
      } catch (error) {
        await emulator.stop();
        throw error;
      }
    },
    ({ emulator }) => `${emulator.endpoint}, with the hosted zone of ${settings.domain.name}`,
  );
}

/** An emulated AWS, with the hosted zone that it was given. */
interface Account {
  emulator: Emulator;
  hostedZone: string;
}

interface Place {
  /** The synth's output folder. */
  product: string;
  /** The rehearsal's folder. */
  folder: string;
  progress: Progress;
}

/** Deploys a synth into an emulated AWS: the state bucket by the way of `npm run bootstrap`, then every stack by `cdktf deploy`. */
export async function deployEverything(settings: Settings, account: Account, place: Place): Promise<Deployment> {
  const deployment = await deployStacks(settings, account, place);
  await deployment.untilBootstrapped();
  return deployment;
}

/**
 * Deploys some stacks, as {@link deployEverything} does all. The bucket's own bootstrap goes on beside them once the bucket is there, and
 * beside what comes after them: it mostly waits.
 *
 * @param only which stacks, all that they wait for among them. @default all
 */
export async function deployStacks(
  settings: Settings,
  { emulator, hostedZone }: Account,
  { product, folder, progress, only = () => true }: Place & { only?: (stack: string) => boolean },
): Promise<Deployment & { untilBootstrapped(): Promise<void> }> {
  const log = join(folder, 'deploy.log');
  rmSync(log, { force: true });
  const { endpoint } = emulator;
  const { region } = settings;
  const workspace = await progress.step(
    'providers',
    () =>
      emulatedWorkspace(product, {
        folder,
        name: 'synth',
        endpoint,
        region,
        hostedZone: { given: settings.domain.zoneId, seeded: hostedZone },
      }),
    ({ providers }) =>
      providers
        .map(
          ({ source, pinned, actual }) =>
            `${source} ${actual ?? 'stand-in'}${actual === pinned ? '' : ` for ${pinned}`}`,
        )
        .join(', '),
  );
  tellDifferences(workspace, progress);

  const stateProduct = join(folder, 'state-product');
  synthesizeState(settings, stateProduct);
  const stateWorkspace = await emulatedWorkspace(stateProduct, { folder, name: 'state', endpoint, region });
  const client = new S3Client(clientOptions(endpoint, settings.state.region));
  const bucket = { bucket: settings.state.bucket, key: stateKey(settings, 'state'), client };
  const bootstrap: Promise<BootstrapOutcome | Error> = bootstrapState(stateWorkspace.output, bucket, {
    environment: stateWorkspace.environment,
    log: join(folder, 'bootstrap.log'),
  })
    .catch((error: Error) => error)
    .finally(() => client.destroy());
  await progress.step(
    'state bucket',
    () => Promise.race([untilThere(bucket), bootstrap.then((outcome) => throwIfError(outcome))]),
    () => settings.state.bucket,
  );
  const stacks = stacksInOrder(workspace.output).filter(only);
  const results = await progress.step(
    'cdktf deploy',
    (say) =>
      deploy(stacks, {
        output: workspace.output,
        environment: workspace.environment,
        log,
        progress: ({ stack, resources, seconds, result }) => {
          say(`${stack}, ${resources} resources`);
          if (result !== undefined)
            progress.line(`      ${stack.padEnd(14)} ${result.padEnd(64)} ${seconds.toFixed(1).padStart(6)} s`);
        },
      }),
    () => `${stacks.length} stacks`,
  );
  const untilBootstrapped = () =>
    progress.step(
      'bootstrap',
      async () => throwIfError(await bootstrap),
      () => 'the state of the bucket lies in the bucket',
    );
  return { emulator, workspace, stateWorkspace, results, log, untilBootstrapped };
}

function tellDifferences({ differences }: Workspace, progress: Progress): void {
  if (differences.length === 0) return;
  progress.line('    The synth stays as it is. The copy that is deployed here differs from it in');
  for (const { stack, address, change, reason } of differences) {
    progress.line(`      ${stack.padEnd(14)} ${address}: ${change} (${reason})`);
  }
}

async function untilThere(bucket: Parameters<typeof bucketExists>[0]): Promise<void> {
  while (!(await bucketExists(bucket))) await wait(250);
}

function throwIfError(outcome: BootstrapOutcome | Error): void {
  if (outcome instanceof Error) throw outcome;
}
