import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import type { GatewayEvent } from '../../../lambda-src/forwarder/event';
import { type ConfiguredNode, startConfiguredNode } from '../../../local/elasticsearch/configured-node';
import { freePort } from '../../../local/free-port';
import { type CertificateAuthority, makeCertificateAuthority } from '../../certificates';
import { standInForParameters } from '../../cloud-init/parameter-stand-in';
import { type PhaseResult, TrialHost } from '../../cloud-init/trial-host';
import { gatewayEvent } from '../../lambda-src/forwarder/events';
import type { Answer } from '../../lambda-src/forwarder/response-stream';
import { Rig, type TestForwarder } from '../../lambda-src/forwarder/rig';

/** An answer that came through the door. */
export interface DoorAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what Elasticsearch answers
  readonly json: any;
}

type Addresses = readonly [string, ...string[]];

/** Where the nodes are, and what they are. */
export interface TrialPlace {
  /** An address a node. @default loopback addresses */
  readonly addresses?: Addresses;
  /** How many nodes there are, where no addresses are given. @default 3 */
  readonly nodes?: number;
  /** What a node's settings say of its roles. @default nothing: it has all */
  readonly roles?: (node: number) => string;
  /** What a node's program is started with. */
  readonly inside?: (node: number) => readonly string[];
  /** Whether the watermarks that setup writes count. @default false */
  readonly watermarks?: boolean;
}

/**
 * Real Elasticsearch nodes on loopback addresses, three unless told otherwise, each started from what the phases have written for its host, and a
 * forwarder in front of them. Systems Manager is a folder that all share.
 */
export class TrialCluster {
  readonly addresses: Addresses;
  readonly hosts: readonly TrialHost[];
  private readonly nodes: (ConfiguredNode | undefined)[] = [];
  /** A folder that holds a folder for each bucket. */
  readonly buckets = mkdtempSync(join(tmpdir(), 'trial-buckets-'));
  private readonly store = mkdtempSync(join(tmpdir(), 'trial-parameters-'));
  private readonly door: TestForwarder;

  private constructor(
    readonly authority: CertificateAuthority,
    private readonly rig: Rig,
    readonly port: number,
    initially: number,
    private readonly where: TrialPlace,
  ) {
    // an address of one's own: others may run the same on this machine
    const third = 1 + (process.pid % 250);
    const own = Array.from({ length: where.nodes ?? 3 }, (_, node) => `127.0.${third}.${10 + node}`);
    this.addresses = where.addresses ?? (own as [string, ...string[]]);
    this.hosts = this.addresses.map((_, node) => this.makeHost(node, initially));
    const asked = this.addresses.filter((_, node) => this.roles(node) !== 'master');
    this.door = rig.forwarder(port, { addresses: asked as [string, ...string[]], ca: authority.certificate });
  }

  /** @param initially how many nodes the settings name at first: 1, or all */
  static async prepare(initially: number, where: TrialPlace = {}): Promise<TrialCluster> {
    return new TrialCluster(makeCertificateAuthority(), Rig.start(), await freePort(), initially, where);
  }

  /** Writes a host's settings anew, as another number of nodes does, which replaces the host. */
  settle(node: number, nodes: number): void {
    this.host(node).write('etc/searchgate/host.env', this.environment(node, nodes));
  }

  /** Gives a node other roles, as a change of the settings does; they count from its next start. */
  giveRoles(node: number, roles: string): void {
    const host = this.host(node);
    const env = host.read('etc/searchgate/host.env').replace(/^NODE_ROLES=.*$/m, `NODE_ROLES='${roles}'`);
    host.write('etc/searchgate/host.env', env);
  }

  /** Runs the phases that write what Elasticsearch needs, as setup does at a boot. */
  configure(node: number): PhaseResult[] {
    return ['parameters', 'configuration'].map((phase) => this.host(node).run(phase));
  }

  /** Configures and starts a node, in a release of Elasticsearch; does not wait for it. */
  async start(node: number, version?: string): Promise<void> {
    for (const { code, reason, output } of this.configure(node))
      if (code !== 0) throw new Error(`node-${node}: ${reason}\n${output}`);
    const host = this.host(node);
    this.nodes[node] = await startConfiguredNode({
      configuration: join(host.root, 'etc/elasticsearch'),
      temporary: join(host.root, 'tmp'),
      bootstrapPassword: this.password,
      inside: this.where.inside?.(node),
      watermarks: this.where.watermarks,
      buckets: this.buckets,
      version,
    });
  }

  /** What setup does once its node has settled. */
  formed(node: number): PhaseResult {
    const login = `machine search.searchgate.internal login elastic password ${this.password}\n`;
    this.host(node).write('run/searchgate/health.netrc', login);
    return this.host(node).run('cluster formed');
  }

  /** The node that is elected. */
  async master(): Promise<number> {
    const { json } = await this.ask('GET', '/_cat/master?format=json&h=node');
    return Number(json[0].node.replace('node-', ''));
  }

  async kill(node: number): Promise<void> {
    this.signal(node, 'SIGKILL');
    await this.nodes[node]?.ended;
  }

  signal(node: number, signal: NodeJS.Signals): void {
    this.nodes[node]?.signal(signal);
  }

  async stop(node: number): Promise<void> {
    await this.nodes[node]?.stop();
  }

  /** Loses a node's volume. */
  loseVolume(node: number): void {
    const { root } = this.host(node);
    for (const name of ['elasticsearch', 'cluster-id'])
      rmSync(join(root, 'srv/searchgate', name), { recursive: true, force: true });
  }

  /** What elasticsearch.yml says. */
  configuration(node: number): string {
    return this.host(node).read('etc/elasticsearch/elasticsearch.yml');
  }

  log(node: number): string {
    return readFileSync(this.nodes[node]?.log ?? '', 'utf8');
  }

  /** Serves the door by plain HTTP on an address of this machine, for clients of their own. */
  async serve(): Promise<{ readonly url: string; readonly close: () => void }> {
    const server = createServer(async (request, response) => {
      const answer = await this.send(request.method ?? 'GET', request.url ?? '/', await text(request));
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    server.listen(0, this.addresses[0]);
    await once(server, 'listening');
    const { address, port } = server.address() as AddressInfo;
    return {
      url: `http://${address}:${port}`,
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    };
  }

  /** Sends a request through the door. */
  async ask(method: string, path: string, body?: string): Promise<DoorAnswer> {
    const answer = await this.send(method, path, body);
    const said = answer.body.toString();
    return { status: answer.status, json: said.startsWith('{') || said.startsWith('[') ? JSON.parse(said) : said };
  }

  /**
   * Makes an index. On a busy machine a door may take a node for silent and ask another one, which then finds the index made.
   * @throws Error
   */
  async createIndex(index: string, body?: object): Promise<void> {
    const { status, json } = await this.ask('PUT', `/${index}`, body && JSON.stringify(body));
    if (status !== 200 && json.error?.type !== 'resource_already_exists_exception')
      throw new Error(`${index}: ${status} ${JSON.stringify(json)}`);
  }

  private send(method: string, path: string, body?: string): Promise<Answer> {
    const [bare = '', query = ''] = path.split('?');
    const authorization = `Basic ${Buffer.from(`elastic:${this.password}`).toString('base64')}`;
    const event: GatewayEvent = gatewayEvent({
      method,
      path: bare,
      query: [...new URLSearchParams(query)],
      headers: [
        ['Authorization', authorization],
        ['Content-Type', path.includes('_bulk') ? 'application/x-ndjson' : 'application/json'],
      ],
      body: body === undefined || body === '' ? null : body,
    });
    return this.door.send('streaming', event);
  }

  /** The official client, straight to a node; the caller closes it. */
  client(node = 0): Client {
    return new Client({
      node: `https://${this.place(node).address}:${this.port}`,
      auth: { username: 'elastic', password: this.password },
      tls: { ca: this.authority.certificate },
    });
  }

  /** Waits until the cluster has so many nodes and a status. @throws Error with the end of a log where it has not in time */
  async settled(nodes: number, status: 'yellow' | 'green', seconds = 240): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    let last: DoorAnswer | undefined;
    while (Date.now() < deadline) {
      last = await this.ask('GET', '/_cluster/health');
      const good = last.status === 200 && (last.json.status === 'green' || last.json.status === status);
      if (good && last.json.number_of_nodes === nodes) return;
      await wait(500);
    }
    throw new Error(`not ${nodes} nodes and ${status}: ${JSON.stringify(last)}\n${this.log(0).slice(-3000)}`);
  }

  async close(): Promise<void> {
    for (const node of this.nodes) node?.signal('SIGKILL');
    await Promise.all(this.nodes.map((node) => node?.ended));
    for (const host of this.hosts) host.remove();
    rmSync(this.buckets, { recursive: true, force: true });
    rmSync(this.store, { recursive: true, force: true });
    this.authority.remove();
    await this.rig.stop();
  }

  get password(): string {
    return readFileSync(join(this.store, 'secrets/elastic-password'), 'utf8').trim();
  }

  private host(node: number): TrialHost {
    const host = this.hosts[node];
    if (host === undefined) throw new Error(`there is no node-${node}`);
    return host;
  }

  private place(node: number): { name: string; address: string } {
    return { name: `node-${node}`, address: this.addresses[node] ?? '' };
  }

  private roles(node: number): string {
    return this.where.roles?.(node) ?? '';
  }

  private environment(node: number, nodes: number): string {
    const { name, address } = this.place(node);
    const trial = new TrialHost(undefined, {
      NODE: name,
      PRIVATE_ADDRESS: address,
      ELASTICSEARCH_PORT: String(this.port),
      SEED_ADDRESSES: nodes === 1 ? '' : this.addresses.slice(0, 3).join(','),
      NODE_ROLES: this.roles(node),
      ZONE: `us-east-1${'abc'[node % 3]}`,
    });
    const env = trial.read('etc/searchgate/host.env');
    trial.remove();
    return env;
  }

  private makeHost(node: number, initially: number): TrialHost {
    const { name, address } = this.place(node);
    const host = new TrialHost();
    host.write('etc/searchgate/host.env', this.environment(node, initially));
    host.write('srv/searchgate/elastic-version', '9.5.3\n');
    host.write('var/log/elasticsearch/.keep', '');
    host.write('etc/elasticsearch/log4j2.properties', readFileSync(packagedLogging, 'utf8'));
    const http = this.authority.issue(['search.searchgate.internal', address]);
    const transport = this.authority.issue([`${name}.searchgate.internal`, address], { client: true });
    const kibana = this.authority.issue(['kibana.searchgate.internal', ...this.addresses]);
    const given: Record<string, string> = { 'certificates/ca': this.authority.certificate };
    for (const [server, { certificate, key }] of Object.entries({
      [name]: http,
      [`${name}-transport`]: transport,
      kibana,
    })) {
      given[`certificates/${server}/certificate`] = certificate;
      given[`certificates/${server}/key`] = key;
    }
    standInForParameters(host, given, this.store);
    return host;
  }
}

/** What the package configures, which setup puts smaller limits into. */
const packagedLogging = join(__dirname, '../../../local/machine-boot/packages/elasticsearch/log4j2.properties');
