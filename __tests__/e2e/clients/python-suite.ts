import { join } from 'node:path';
import { pythonEnvironment } from '../../../local/emulator/python-environment';
import { project, run } from '../../command-line';
import { describeWith } from '../../requirements';
import type { Place } from './place';
import { type Server, serverName, type TestBed } from './test-bed';

const folder = join(__dirname, 'python');

/** What a script in `python/` is told. */
export interface PythonTask {
  readonly url: string;
  readonly password: string;
  readonly index?: string;
  readonly authority?: string;
  readonly serverName?: string;
  /** How often to ask; the last counts. @default 1 */
  readonly times?: number;
  /** Whether to have the settings that carry over a wake. */
  readonly patient?: boolean;
}

/** Elastic's Python client in an environment of its own. @returns what runs a script with it and gives the JSON that it prints */
export async function pythonClient(): Promise<(script: string, task: PythonTask) => Promise<unknown>> {
  const environment = join(project, '.rehearsal', 'python-client');
  const python = await pythonEnvironment(environment, undefined, join(folder, 'requirements.txt'));
  return async (script, task) => {
    const { code, stdout, stderr } = await run(python, ['-W', 'error', join(folder, script)], {
      env: { PYTHONDONTWRITEBYTECODE: '1', TASK: JSON.stringify(task) },
    });
    if (code !== 0) throw new Error(`${script} ended with ${code}:\n${stderr}`);
    return JSON.parse(stdout);
  };
}

/** How a script is told of a server without a door. */
export function directly(
  { authority }: TestBed,
  { address, port }: Server,
): Pick<PythonTask, 'url'> & Partial<PythonTask> {
  return { url: `https://${address}:${port}`, authority: authority.certificateFile, serverName };
}

/** The official client for Python, unmodified. */
export function pythonSuite(place: () => Place): void {
  describeWith(['python'], "Elastic's Python client", () => {
    test('gives and raises through the door what it does without', async () => {
      const { bed, server, doors, password } = place();
      const runScript = await pythonClient();
      const converse = async (index: string, line: Pick<PythonTask, 'url'> & Partial<PythonTask>) => {
        const told = JSON.stringify(await runScript('conversation.py', { ...line, password, index }));
        return JSON.parse(told.replaceAll(index, 'index').replace(/(\[index\/|"index_uuid":")[\w-]{22}/g, '$1uuid'));
      };
      const [direct, streamed, buffered] = await Promise.all([
        converse('python-0', directly(bed, server)),
        converse('python-1', { url: doors.STREAM.url }),
        converse('python-2', { url: doors.BUFFERED.url }),
      ]);
      expect({ streamed, buffered }).toEqual({ streamed: direct, buffered: direct });

      expect(direct).toMatchObject({
        bulk: { done: 999, failed: ['document_parsing_exception'] },
        get: { _source: { name: '東京', number: 2 } },
        exists: [true, false],
        cat: '999\n',
        pages: { numbers: 999, sorted: true, closed: { succeeded: true } },
        'not found': { error: 'NotFoundError', status: 404 },
        'no index': { error: 'NotFoundError', status: 404, message: 'index_not_found_exception' },
        conflict: { error: 'ConflictError', status: 409, message: 'version_conflict_engine_exception' },
        'bad request': { error: 'BadRequestError', status: 400 },
        'wrong password': { error: 'AuthenticationException', status: 401, message: 'security_exception' },
      });
      expect(direct.scan).toHaveLength(999);
    }, 120_000);
  });
}
