import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../../local/emulator/account';
import { deploy } from '../../local/terraform/cdktf';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import { emulatedWorkspace, type Workspace } from '../../local/terraform/workspace';
import example from '../../settings/example.json';
import { type Block, synthesized } from '../synthesized';

const minutes = 60_000;

/** Where the suite works. */
export interface ExitPlace {
  readonly folder: string;
  readonly endpoint: string;
  /** The modules as they run here. */
  readonly modules: string;
}

/** A deployment that CDKTF has made. */
export interface Leaving extends ExitPlace {
  readonly workspace: Workspace;
}

/** Deploys one stack with `cdktf deploy`, its state in an emulated S3. */
export async function deployWithCdktf({ folder, endpoint, modules }: ExitPlace): Promise<Leaving> {
  const { region } = example;
  const workspace = await emulatedWorkspace(synthesized({ name: 'leaving' }).folder, {
    folder,
    name: 'synth',
    endpoint,
    region,
  });
  const s3 = new S3Client(clientOptions(endpoint, region));
  await s3.send(new CreateBucketCommand({ Bucket: backendOf(workspace).bucket }));
  s3.destroy();
  const { output, environment } = workspace;
  await deploy(['network'], { output, environment, log: join(folder, 'deploy.log') });
  return { folder, endpoint, modules, workspace };
}

function backendOf({ output }: Workspace): Block {
  return JSON.parse(readFileSync(join(stackFolder(output, 'network'), 'cdk.tf.json'), 'utf8')).terraform.backend.s3;
}

/** The ways out of CDKTF with what is deployed: to Terraform's JSON, and to the modules. */
export function exitSuite(deployed: () => Promise<Leaving>): void {
  let leaving: Leaving;
  beforeAll(async () => {
    leaving = await deployed();
  }, 5 * minutes);

  const at = (name: string) => {
    const folder = join(leaving.folder, name);
    return { folder, environment: leaving.workspace.environment, log: join(leaving.folder, 'log') };
  };

  it(
    'lead what CDKTF deployed to Terraform alone, by a copy of the folder of its stack: no changes',
    async () => {
      const stack = stackFolder(leaving.workspace.output, 'network');
      cpSync(stack, at('json').folder, { recursive: true, filter: (path) => !path.includes('.terraform') });
      await terraform(['init', '-input=false'], at('json'));
      const { output } = await terraform(['plan', '-input=false', '-detailed-exitcode'], at('json'), [0, 2]);
      expect(output).toContain('No changes. Your infrastructure matches the configuration.');
    },
    3 * minutes,
  );

  it(
    'lead it to the modules, by the moves that come with them: nothing is made anew, and tags alone change',
    async () => {
      const { folder } = at('modules');
      mkdirSync(folder);
      cpSync(join(leaving.modules, 'moved/network.tf'), join(folder, 'moved.tf'));
      writeFileSync(
        join(folder, 'main.tf.json'),
        JSON.stringify({
          terraform: { backend: { s3: backendOf(leaving.workspace) } },
          provider: { aws: { region: example.region } },
          module: {
            network: {
              source: join(leaving.modules, 'network'),
              name: 'leaving',
              region: example.region,
              zones: ['us-east-1a', 'us-east-1b'],
            },
          },
        }),
      );
      await terraform(['init', '-input=false'], at('modules'));
      await terraform(['plan', '-input=false', '-out=plan'], at('modules'));
      const { output } = await terraform(['show', '-json', 'plan'], at('modules'));
      const changes: Block[] = JSON.parse(output).resource_changes;
      const managed = changes.filter(({ mode }) => mode === 'managed');
      expect(managed.length).toBeGreaterThan(20);
      for (const { address, previous_address, change } of managed) {
        expect([address, previous_address]).toEqual([address, expect.stringMatching(/^aws_/)]);
        const differs = Object.keys(change.after).filter(
          (key) => JSON.stringify(change.after[key]) !== JSON.stringify(change.before?.[key]),
        );
        expect([address, differs.filter((key) => !['tags', 'tags_all'].includes(key))]).toEqual([address, []]);
        expect([address, change.actions]).toEqual([address, differs.length === 0 ? ['no-op'] : ['update']]);
      }
    },
    3 * minutes,
  );
}
