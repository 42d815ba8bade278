/**
 * The process that stands for all that a host reaches in its network: Systems Manager, CloudWatch, the instance metadata service and package repositories, each
 * under its real name and address. It runs in a network namespace of its own, which the machine's interface is connected to, so nothing leaves this machine
 * and nothing else can reach it. `neighbourhood.ts` starts it and talks to it by messages.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { answerMetadata, roleCredentials } from './metadata-service';
import { type Parameter, ParameterStore, type RoleRights } from './parameter-store';

/** What the process is started with, as its first message. */
export interface NeighbourOptions {
  readonly region: string;
  readonly certificate: string;
  readonly key: string;
  /** Name of the bridge that machines are connected to, and its addresses. */
  readonly bridge: string;
  readonly addresses: readonly string[];
  readonly rights: RoleRights;
  /** Names of Elastic's package repository, and of the system's. */
  readonly packageHosts: readonly string[];
}

export type Question =
  | { ask: 'start'; options: NeighbourOptions }
  | { ask: 'put'; parameters: Record<string, Parameter> }
  | { ask: 'remove'; name: string }
  | { ask: 'parameters' }
  | { ask: 'calls' }
  | { ask: 'metrics' }
  | { ask: 'throttle'; calls: number }
  | { ask: 'hide'; hidden: boolean }
  | { ask: 'break'; broken: boolean }
  | { ask: 'guard'; id: number }
  | { ask: 'publish'; repository: string; system: string; key: string };

let store: ParameterStore | undefined;
let hidden = false;
let broken = false;
/** Process that goes when the process that all of this works for goes, however that ends: number 1 of the machine that is on. 0 for none. */
let guarded = 0;
let published = { repository: '', system: '', key: '' };
/** What was sent to CloudWatch, as in `DataVolumeUsedPercent node-0 41`. */
const metrics: string[] = [];

async function answer(question: Question): Promise<unknown> {
  if (question.ask === 'start') return start(question.options);
  if (store === undefined) throw new Error('not started');
  switch (question.ask) {
    case 'put':
      for (const [name, parameter] of Object.entries(question.parameters)) store.parameters.set(name, parameter);
      return undefined;
    case 'remove':
      return store.parameters.delete(question.name);
    case 'parameters':
      return Object.fromEntries(store.parameters);
    case 'calls':
      return store.calls;
    case 'metrics':
      return metrics;
    case 'throttle':
      store.throttled = question.calls;
      return undefined;
    case 'hide':
      hidden = question.hidden;
      return undefined;
    case 'break':
      broken = question.broken;
      return undefined;
    case 'guard':
      guarded = question.id;
      return undefined;
    case 'publish':
      published = question;
      return undefined;
  }
}

async function start(options: NeighbourOptions): Promise<void> {
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'name', options.bridge, 'type', 'bridge');
  for (const address of options.addresses) ip('address', 'add', address, 'dev', options.bridge);
  ip('link', 'set', options.bridge, 'up');
  store = new ParameterStore(options.rights);
  const tls = createTlsServer({ cert: options.certificate, key: options.key }, (request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (options.packageHosts.includes(host)) answerPackage(request, response);
    else if (host === `ssm.${options.region}.amazonaws.com`) {
      if (hidden) request.socket.destroy();
      else void answerParameter(request, response);
    } else if (host === `monitoring.${options.region}.amazonaws.com`) void answerMetrics(request, response);
    else response.writeHead(421).end();
  });
  const metadata = createServer((request, response) => answerMetadata(options.region, request, response));
  await Promise.all([
    new Promise<void>((resolve) => tls.listen(443, '0.0.0.0', resolve)),
    new Promise<void>((resolve) => metadata.listen(80, '169.254.169.254', resolve)),
  ]);
}

/** CloudWatch's PutMetricData, by its query protocol; the namespace is the role's right. */
async function answerMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request));
  const allowed = isSigned(request) && form.get('Namespace') === store?.rights.namespace;
  if (allowed && form.get('Action') === 'PutMetricData') {
    for (let member = 1; form.has(`MetricData.member.${member}.MetricName`); member++) {
      const value = (name: string) => form.get(`MetricData.member.${member}.${name}`) ?? '';
      metrics.push(`${value('MetricName')} ${value('Dimensions.member.1.Value')} ${Number(value('Value'))}`);
    }
    response.writeHead(200, { 'content-type': 'text/xml' });
    return void response.end('<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"/>');
  }
  response.writeHead(403, { 'content-type': 'text/xml' });
  response.end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>not allowed</Message></Error></ErrorResponse>');
}

/** Whether the role's credentials are named; signatures are not checked. */
function isSigned({ headers }: IncomingMessage): boolean {
  const named = String(headers.authorization).includes(`Credential=${roleCredentials.accessKeyId}/`);
  return named && headers['x-amz-security-token'] === roleCredentials.token;
}

async function answerParameter(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body } =
    isSigned(request) && store !== undefined
      ? store.answer(String(request.headers['x-amz-target']), JSON.parse(await text(request)))
      : { status: 400, body: { __type: 'UnrecognizedClientException', message: 'not signed by the role' } };
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

function answerPackage(request: IncomingMessage, response: ServerResponse): void {
  const path = normalize(decodeURIComponent((request.url ?? '').replace(/\?.*/, '')));
  const file = fileOf(path);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-length': size });
  if (broken && path.endsWith('.rpm'))
    createReadStream(file, { end: Math.floor(size / 2) })
      .on('end', () => request.socket.destroy())
      .pipe(response, { end: false });
  else if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

/** Where a package, or what a repository says of its packages, lies here. */
function fileOf(path: string): string {
  if (path === '/GPG-KEY-elasticsearch') return published.key;
  const [, ofSystem, below = 'absent'] = /^\/(?:packages\/9\.x\/yum|(al2023\/core))\/(.+)$/.exec(path) ?? [];
  return join(ofSystem === undefined ? published.repository : published.system, below);
}

function ip(...parameters: string[]): void {
  const { status, stderr } = spawnSync('ip', parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${parameters.join(' ')}: ${stderr}`);
}

process.on('message', async ({ id, question }: { id: number; question: Question }) => {
  try {
    process.send?.({ id, value: await answer(question) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
// never outlives the process that it works for
process.on('disconnect', () => {
  if (guarded > 0) spawnSync('kill', ['-KILL', String(guarded)]);
  process.exit(0);
});
