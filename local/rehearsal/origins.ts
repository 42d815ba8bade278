import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceSettings } from '../../settings';
import { startElasticsearch } from '../elasticsearch/start';
import { freePort } from '../free-port';
import { startEchoOrigin, startKibanaStandIn } from '../origins';
import { SwitchedServer } from '../power/switched-server';
import type { HostMaterial } from './host-material';

/** What answers behind a door, and how the forwarder is told. */
export interface ServiceOrigin {
  kind: 'yours' | 'elasticsearch' | 'kibana stand-in' | 'echo';
  /** For people: what it is and where. */
  description: string;
  /** Laid over the forwarder's deployed environment. */
  environment: Record<string, string>;
  /** What goes on and off with the host; undefined for a server of the user's. */
  server?: SwitchedServer;
  stop(): Promise<void>;
}

/** A server of the user's: its name and authority replace the deployed ones. */
export async function givenOrigin(url: URL, authorityFile: string): Promise<ServiceOrigin> {
  const { address } = await lookup(url.hostname.replace(/^\[|\]$/g, ''));
  return {
    kind: 'yours',
    description: `your server ${url.origin}`,
    environment: {
      ORIGIN_ADDRESSES: address,
      ORIGIN_PORT: url.port === '' ? '443' : url.port,
      ORIGIN_SERVER_NAME: url.hostname,
      ORIGIN_CA: readFileSync(authorityFile, 'utf8'),
    },
    stop: async () => {},
  };
}

/** A real Elasticsearch on this machine, with security on. Its data outlives each of its starts, and goes at the end. */
export async function elasticsearchOrigin(service: ServiceSettings, material: HostMaterial): Promise<ServiceOrigin> {
  const port = await freePort();
  const { certificate, key } = await material.server(service);
  const { authority: ca, elasticPassword } = material;
  const dataFolder = await mkdtemp(join(tmpdir(), 'searchgate-data-'));
  const server = new SwitchedServer(port, () =>
    startElasticsearch({ port, certificate, key, ca, elasticPassword, dataFolder }),
  );
  const stop = async () => {
    await server.close();
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    await server.on();
  } catch (error) {
    await stop();
    throw error;
  }
  const description = `a real Elasticsearch at https://127.0.0.1:${port}`;
  return { kind: 'elasticsearch', description, environment: here(port), server, stop };
}

/**
 * A stand-in that says so.
 *
 * @param elasticsearch what Kibana waits for
 */
export async function standInOrigin(
  service: ServiceSettings,
  material: HostMaterial,
  elasticsearch?: SwitchedServer,
): Promise<ServiceOrigin> {
  const isKibana = service.origin === 'kibana';
  const port = await freePort();
  const options = { ...(await material.server(service)), port };
  const isUser = (user: string, password: string) => user === 'elastic' && password === material.elasticPassword;
  const isReady = () => elasticsearch?.isOn ?? true;
  const server = new SwitchedServer(port, async () => {
    const origin = await (isKibana ? startKibanaStandIn({ ...options, isUser, isReady }) : startEchoOrigin(options));
    return { stop: () => origin.close() };
  });
  await server.on();
  return {
    kind: isKibana ? 'kibana stand-in' : 'echo',
    description: `${isKibana ? 'a small stand-in for Kibana' : 'an echo, which is no search engine'}, at https://127.0.0.1:${port}`,
    environment: here(port),
    server,
    stop: () => server.close(),
  };
}

/** Address and port alone: name and authority stay as deployed. */
function here(port: number): Record<string, string> {
  return { ORIGIN_ADDRESSES: '127.0.0.1', ORIGIN_PORT: String(port) };
}
