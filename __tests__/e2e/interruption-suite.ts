import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APIGatewayClient, DeleteRestApiCommand, GetRestApisCommand } from '@aws-sdk/client-api-gateway';
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AwsAccount } from '../../doctor/aws-account';
import type { Outcome } from '../../doctor/check';
import { lockChecks } from '../../doctor/lock-check';
import { clientOptions } from '../../local/emulator/account';
import { CdktfError, deploy } from '../../local/terraform/cdktf';
import { readStacks } from '../../local/terraform/configuration';
import { stackFolder } from '../../local/terraform/synth-copy';
import { terraform } from '../../local/terraform/terraform';
import type { Pipeline } from './pipeline';

const minutes = 60_000;
const runbook = readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8');

/**
 * A deploy of one stack that is killed, then fails, and is finished by running it again, as the runbook says.
 *
 * @param stack a door that is not deployed yet
 */
export function interruptionSuite(pipeline: () => Pipeline, stack: string): void {
  /** Others' log group, where the door wants to have its own. */
  const others = { logGroupName: `/aws/lambda/searchgate-${stack}` };
  const withLogs = async (use: (logs: CloudWatchLogsClient) => Promise<unknown>): Promise<void> => {
    const logs = new CloudWatchLogsClient(clientOptions(pipeline().endpoint, pipeline().settings.region));
    await use(logs).finally(() => logs.destroy());
  };
  const attempt = async (killed?: AbortController): Promise<Map<string, string> | Error> => {
    const { deployer } = pipeline();
    const options = { ...deployer, parallelism: 1, signal: killed?.signal };
    const progress = ({ resources }: { resources: number }) => {
      if (resources > 0) killed?.abort();
    };
    return deploy([stack], { ...options, progress }).catch((error: Error) => error);
  };
  const at = () => ({ ...pipeline().deployer, folder: stackFolder(pipeline().deployer.output, stack) });
  const locks = async (): Promise<Outcome | undefined> => {
    const { settings, endpoint } = pipeline();
    const aws = new AwsAccount(clientOptions(endpoint, settings.region));
    const surroundings = { settings, aws, stacks: () => new Map(), dns: undefined, emulated: true };
    return lockChecks[0]?.run(surroundings).finally(() => aws.close());
  };

  test(
    'leaves its lock when it is killed, which the doctor names, the next deploy refuses, and the runbook lifts',
    async () => {
      await withLogs((logs) => logs.send(new CreateLogGroupCommand(others)));
      expect(await locks()).toMatchObject({ status: 'ok' });
      const killed = new AbortController();
      expect(await attempt(killed)).toBeInstanceOf(CdktfError);
      expect(killed.signal.aborted).toBe(true);

      const refused = await attempt();
      expect(refused).toBeInstanceOf(CdktfError);
      const said = (refused as CdktfError).message;
      expect(said).toContain('Error acquiring the state lock');
      const id = /\bID:\s+([0-9a-f-]{36})/.exec(said)?.[1] ?? '';
      expect(await locks()).toMatchObject({
        status: 'problem',
        found: expect.stringMatching(new RegExp(`^locked: ${stack} since 2`)),
        advice: expect.stringContaining(`force-unlock ${id}`),
      });

      const commands = [...runbook.matchAll(/`terraform -chdir=cdktf\.out\/stacks\/STACK ([^`]+)`/g)];
      expect(commands.map(([, command]) => command)).toEqual(['init -reconfigure', 'force-unlock ID']);
      for (const [, command = ''] of commands) {
        // There is nobody here to answer that it is meant.
        await terraform(command.replace(/force-unlock ID/, `force-unlock -force ${id}`).split(' '), at());
      }
      expect(await locks()).toMatchObject({ status: 'ok' });
    },
    6 * minutes,
  );

  test(
    'fails where a name is taken, and goes on where it stopped once that is deleted or taken over',
    async () => {
      const { settings, endpoint, deployer } = pipeline();
      let outcome = await attempt();
      expect(outcome).toBeInstanceOf(CdktfError);
      expect(namesTaken((outcome as CdktfError).message)).not.toEqual([]);
      for (let round = 0; outcome instanceof CdktfError && round < 5; round++) {
        const taken = namesTaken(outcome.message);
        // Nothing else stops it.
        if (taken.length === 0) throw outcome;
        for (const address of taken) {
          const name = nameOf(deployer.output, stack, address);
          if (name === others.logGroupName) await withLogs((logs) => logs.send(new DeleteLogGroupCommand(others)));
          // What the killed run made and had not written down.
          else await terraform(['import', '-input=false', address, name], at());
        }
        outcome = await attempt();
      }
      if (outcome instanceof Error) throw outcome;
      expect(outcome.get(stack)).toMatch(/^[1-9]\d* added, \d+ changed, 0 destroyed$/);
      const { output } = await terraform(['show', '-json'], at());
      const { values } = JSON.parse(output) as {
        values: { root_module: { resources: { address: string; mode: string }[] } };
      };
      const managed = values.root_module.resources.filter(({ mode }) => mode === 'managed');
      const made = Object.entries(readStacks(deployer.output).get(stack)?.resource ?? {}).flatMap(([type, named]) =>
        Object.keys(named).map((name) => `${type}.${name}`),
      );
      expect(managed.map(({ address }) => address).sort()).toEqual(made.sort());
      await deleteUnknownApis(clientOptions(endpoint, settings.region), output);
    },
    8 * minutes,
  );

  /** What needs no name is made a second time; the first stays behind, with the tags of its stack. */
  async function deleteUnknownApis(options: ReturnType<typeof clientOptions>, state: string): Promise<void> {
    const gateway = new APIGatewayClient(options);
    const { items = [] } = await gateway.send(new GetRestApisCommand({}));
    const unknown = items.filter(({ id, tags }) => tags?.['searchgate:stack'] === stack && !state.includes(`"${id}"`));
    for (const { id: restApiId } of unknown) await gateway.send(new DeleteRestApiCommand({ restApiId }));
    gateway.destroy();
  }
}

/** The addresses of resources that Terraform could not make because their names are taken, as `cdktf` says it in its frame. */
function namesTaken(said: string): string[] {
  const text = said.replaceAll(/[│╷╵]/g, ' ').replaceAll(/\s+/g, ' ');
  const complaints = text
    .split('Error: ')
    .filter((complaint) => /already exists|AlreadyExists|in use/i.test(complaint));
  return [...new Set(complaints.map((complaint) => /\bwith (aws_\w+\.[\w-]+)/.exec(complaint)?.[1] ?? complaint))];
}

/** By what AWS knows a resource that has a name, and `terraform import` too. */
function nameOf(output: string, stack: string, address: string): string {
  const [type = '', name = ''] = address.split('.');
  const { function_name, domain_name, name: given } = readStacks(output).get(stack)?.resource?.[type]?.[name] ?? {};
  const id = function_name ?? domain_name ?? given;
  if (typeof id !== 'string') throw new Error(`how ${address} is imported is not known here`);
  return id;
}
