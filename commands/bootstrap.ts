import { basename, join, resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { missingTools } from '../local/machine';
import { passOnSignals } from '../local/process-group';
import { bootstrapState, bucketExists } from '../local/terraform/state-bucket';
import { stateKey, synthesizeState } from '../local/terraform/state-synth';
import { isEmulated, workspaceFor } from '../local/terraform/workspace';
import { loadSettings } from '../settings';
import { elapsed, readFlags, runCommand, UserError } from './terminal';

const help = `
npm run bootstrap: the S3 bucket of the Terraform state, which has to be there before any other stack.

Makes it in an empty account and keeps its own state in it; a second time it only compares; a bucket of that name that you
made yourself is adopted. With "existing": true in the settings' state it only checks that the bucket can be reached.
Needs Terraform and AWS credentials, found as every AWS tool finds them.

  SEARCHGATE_SETTINGS=FILE   the settings (default settings/example.json)
  AWS_PROFILE=NAME           the credentials, as with every AWS tool
  --output DIR               another folder than cdktf.out
`;

void runCommand(async () => {
  const { values } = readFlags(help, { output: { type: 'string', default: 'cdktf.out' } });
  passOnSignals();
  const start = performance.now();
  const { settings } = loadSettings();
  const { state } = settings;
  for (const { tool, advice } of missingTools(['terraform'])) throw new UserError(`${tool} is missing: ${advice}`);

  const client = new S3Client({ region: state.region, followRegionRedirects: true });
  const bucket = { bucket: state.bucket, key: stateKey(settings, 'state'), client };
  if (state.existing) {
    if (!(await bucketExists(bucket))) throw new UserError(`state.bucket: there is no bucket ${state.bucket}`);
    console.log(`Bucket ${state.bucket} is there and managed elsewhere. Next: npx cdktf deploy '*'`);
    return 0;
  }
  const outdir = values.output ?? 'cdktf.out';
  const synth = join(outdir, 'state');
  synthesizeState(settings, synth);
  const folder = resolve('.rehearsal', 'commands', basename(outdir));
  const { output, environment } = await workspaceFor(synth, { folder, name: 'state', region: state.region });
  const where = isEmulated(process.env) ? `the emulated AWS at ${process.env.AWS_ENDPOINT_URL}` : state.region;
  console.log(`State bucket ${state.bucket} in ${where}`);
  const log = join(output, 'bootstrap.log');
  const outcome = await bootstrapState(output, bucket, { environment, log }, (text) => console.log(`  ${text}`));
  console.log(`${state.bucket}: ${outcome}, ${elapsed(start)}. Next: npx cdktf deploy '*'`);
  return 0;
});
