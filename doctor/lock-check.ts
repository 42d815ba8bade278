import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { unlockCommands } from '../operations/state-lock';
import { type Check, ok, problem, type Surroundings } from './check';
import { found } from './name-checks';

/** What Terraform writes into a lock. Source: https://github.com/hashicorp/terraform, internal/states/statemgr/locker.go */
const lockSchema = z.looseObject({ ID: z.string(), Operation: z.string(), Who: z.string(), Created: z.string() });

/** A stack whose state somebody works on, or did when a run was killed. */
interface HeldLock extends z.infer<typeof lockSchema> {
  readonly stack: string;
}

const locks: Check = {
  name: 'locks',
  needsAccount: true,
  async run(surroundings) {
    const held = await heldLocks(surroundings);
    if (held.length === 0) return ok('no stack is locked');
    const said = held.map(({ stack, Operation, Who, Created }) => `${stack} since ${Created} by ${Who} (${Operation})`);
    const lift = held.map(({ stack, ID }) => unlockCommands(stack, ID));
    return problem(
      `locked: ${said.join(', ')}`,
      `wait for whoever is at work; where a run was killed, nobody is: ${lift.join('; ')}. More: docs/runbook.md, A deploy that stopped`,
    );
  },
};

export const lockChecks: readonly Check[] = [locks];

/** The locks that lie beside the states; none where there is no bucket yet. */
async function heldLocks({ aws, settings: { name, state } }: Surroundings): Promise<HeldLock[]> {
  const prefix = `searchgate/${name}/`;
  const listing = aws.stateS3.send(new ListObjectsV2Command({ Bucket: state.bucket, Prefix: prefix, Delimiter: '/' }));
  if (!(await found(listing))) return [];
  const { Contents = [] } = await listing;
  const suffix = '.tfstate.tflock';
  const keys = Contents.flatMap(({ Key }) => (Key?.endsWith(suffix) ? [Key] : []));
  return Promise.all(
    keys.map(async (Key) => {
      const { Body } = await aws.stateS3.send(new GetObjectCommand({ Bucket: state.bucket, Key }));
      const lock = lockSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
      return { ...lock, stack: Key.slice(prefix.length, -suffix.length) };
    }),
  );
}
