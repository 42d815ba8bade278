import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Door, type DoorLogLine, type DoorOptions, openDoor } from '../../../local/door';
import type { GatewayModel, Route } from '../../../local/door/model';
import { readPolicy } from '../../../local/door/resource-policy';
import { zipOf } from '../lambda/function-rig';
import { type Answer, type ClientRequest, send } from './client';

/** Handlers that do what the client says, so that a test shows both sides. */
const handlers = `
  const sent = ({ body, isBase64Encoded }) => Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  /** The event comes back as the body. */
  exports.event = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });
  /** The request's body is the result. */
  exports.result = async (event) => JSON.parse(sent(event));
  exports.large = async (event) => ({ statusCode: 200, body: 'x'.repeat(Number(event.queryStringParameters.bytes)) });
  exports.throwing = async () => { throw new Error('secret of the function'); };
  exports.slow = async (event) => {
    await new Promise((resolve) => setTimeout(resolve, Number(event.queryStringParameters?.wait ?? 0)));
    return { statusCode: 200, body: 'done' };
  };
  /** The request's body goes out as it is: prelude, NULs and all; 'break' in the query ends in an error. */
  exports.raw = awslambda.streamifyResponse(async (event, stream) => {
    const wait = Number(event.queryStringParameters?.wait ?? 0);
    const [head, ...rest] = sent(event).toString('latin1').split('<PAUSE>');
    stream.write(Buffer.from(head, 'latin1'));
    for (const part of rest) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      stream.write(Buffer.from(part, 'latin1'));
    }
    if (event.queryStringParameters?.break) throw new Error('secret of the function');
    stream.end();
  });
  /** As long as it is taken; says when it is closed. */
  exports.endless = awslambda.streamifyResponse((event, stream) => new Promise((resolve) => {
    stream.write('{"statusCode":200}' + '\\0'.repeat(8));
    const more = () => { while (!stream.destroyed && stream.write(Buffer.alloc(65536))); };
    stream.on('drain', more).on('close', () => { console.log('{"event":"closed"}'); resolve(); });
    more();
  }));
`;

export const json = (value: unknown) => JSON.stringify(value);

export function route(path: string, changes: Partial<Route> = {}): Route {
  return {
    path,
    resourceId: path === '/' ? 'root00' : 'proxy0',
    method: 'ANY',
    requiredHeaders: [],
    requiredQuery: [],
    transferMode: 'BUFFERED',
    timeoutMilliseconds: 5_000,
    ...changes,
  };
}

export function policyOf(...statements: object[]): GatewayModel['policy'] {
  return readPolicy(json({ Version: '2012-10-17', Statement: statements }));
}

export function allow(...cidrs: string[]): object {
  return {
    Effect: 'Allow',
    Principal: '*',
    Action: 'execute-api:Invoke',
    Resource: '*',
    Condition: { IpAddress: { 'aws:SourceIp': cidrs } },
  };
}

/** A gateway that lets 203.0.113.0/24 pass and asks for nothing else. */
export function gateway(handler: string, changes: Partial<GatewayModel> = {}): GatewayModel {
  return {
    apiName: 'test',
    apiId: 'abcdef1234',
    accountId: '123456789012',
    region: 'us-east-1',
    domains: [{ domainName: 'search.example.com', basePath: '', stage: 'live' }],
    stage: { name: 'live', variables: null },
    policy: policyOf(allow('203.0.113.0/24')),
    binaryMediaTypes: ['*/*'],
    routes: [route('/'), route('/{proxy+}')],
    responses: {},
    function: {
      name: 'test',
      arn: 'arn:aws:lambda:us-east-1:123456789012:function:test',
      handler: `index.${handler}`,
      timeoutSeconds: 10,
      memory: 128,
      environment: {},
    },
    ...changes,
  };
}

/** The same with both routes changed. */
export function gatewayWith(handler: string, changes: Partial<Route>, model: Partial<GatewayModel> = {}): GatewayModel {
  return gateway(handler, { routes: [route('/', changes), route('/{proxy+}', changes)], ...model });
}

/** What opens a door: this project's, unless a fault is planted in it. */
export type OpenDoor = (options: DoorOptions) => Promise<Door>;

/** Doors of one test file. */
export class DoorRig {
  private readonly folder = mkdtempSync(join(tmpdir(), 'searchgate-door-'));
  private readonly zipPath = join(this.folder, 'function.zip');
  private readonly doors: Door[] = [];

  constructor(public implementation: OpenDoor = openDoor) {
    writeFileSync(this.zipPath, zipOf(handlers));
  }

  async open(model: GatewayModel, options: Partial<DoorOptions> = {}): Promise<TestDoor> {
    const lines: DoorLogLine[] = [];
    const log = (line: DoorLogLine) => lines.push(line);
    const door = await this.implementation({ model, zipPath: this.zipPath, log, ...options });
    this.doors.push(door);
    return { ...door, lines, send: (request) => send(door.port, request) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.doors.splice(0).map((door) => door.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface TestDoor extends Door {
  readonly lines: readonly DoorLogLine[];
  send(request?: ClientRequest): Promise<Answer>;
}
