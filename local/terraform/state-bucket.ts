import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeadBucketCommand, HeadObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { readStacks } from './configuration';
import { stackFolder } from './synth-copy';
import { type TerraformRun, terraform } from './terraform';

export interface StateBucket {
  bucket: string;
  /** The key of the state that describes the bucket itself. */
  key: string;
  client: S3Client;
}

/** What bootstrapping found and did. */
export type BootstrapOutcome = 'made' | 'adopted' | 'there already';

/**
 * Brings the state bucket about, with its own state in it. The synthesized backend is the bucket itself, which can't be before it
 * exists: the first apply keeps its state in a file, which then moves into the bucket. Ends in the same place from wherever it
 * starts: nothing there, a bucket that nobody describes (made elsewhere, or by a run that was interrupted), or all of it done.
 *
 * @param output the output folder of a synth with the state stack
 * @throws when the bucket belongs to somebody else or lies in another region, or Terraform fails
 */
export async function bootstrapState(
  output: string,
  state: StateBucket,
  run: Omit<TerraformRun, 'folder'>,
  say: (text: string) => void = () => {},
): Promise<BootstrapOutcome> {
  const folder = stackFolder(output, 'state');
  const execute = (...parameters: string[]) => terraform([...parameters, '-input=false'], { ...run, folder });
  const [backend, adoption] = [join(folder, 'backend_override.tf.json'), join(folder, 'adoption.tf.json')];
  rmSync(join(folder, '.terraform'), { recursive: true, force: true });

  const exists = await bucketExists(state);
  if (exists && (await stateExists(state))) {
    say(`bucket ${state.bucket} holds its own state already: comparing`);
    await execute('init', '-reconfigure');
    await execute('apply', '-auto-approve');
    return 'there already';
  }

  writeFileSync(backend, JSON.stringify({ terraform: { backend: { local: {} } } }));
  if (exists) {
    say(`bucket ${state.bucket} is there but no state describes it: adopting it`);
    const [name] = Object.keys(readStacks(output).get('state')?.resource?.aws_s3_bucket ?? {});
    writeFileSync(adoption, JSON.stringify({ import: [{ to: `aws_s3_bucket.${name}`, id: state.bucket }] }));
  } else {
    say(`making bucket ${state.bucket}, with its state in a file at first`);
  }
  try {
    await execute('init', '-reconfigure');
    await execute('apply', '-auto-approve');
  } finally {
    rmSync(backend);
    rmSync(adoption, { force: true });
  }
  say('moving the state into the bucket');
  await execute('init', '-migrate-state', '-force-copy');
  if (!(await stateExists(state))) throw new Error(`the state did not arrive at s3://${state.bucket}/${state.key}`);
  for (const file of ['terraform.tfstate', 'terraform.tfstate.backup']) rmSync(join(folder, file), { force: true });
  return exists ? 'adopted' : 'made';
}

/** Whether the bucket is there and ours to use. */
export async function bucketExists({ bucket, client }: StateBucket): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 404) return false;
    if (status === 403) {
      throw new Error(
        `s3://${bucket} exists and refuses you: it belongs to another account, or your credentials lack s3:ListBucket. ` +
          'Choose another name in state.bucket',
        { cause: error },
      );
    }
    if (status === 301 || status === 400) {
      throw new Error(`s3://${bucket} lies in another region: name it in state.region`, { cause: error });
    }
    throw error;
  }
}

async function stateExists({ bucket, key, client }: StateBucket): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
    throw error;
  }
}
