import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import type { ServiceSettings } from '../../settings';
import { startElasticsearch } from '../elasticsearch/start';
import { freePort } from '../free-port';
import { type Origin, startEchoOrigin, startKibanaStandIn } from '../origins';
import type { HostMaterial } from './host-material';

/** What answers behind a door, and how the forwarder is told. */
export interface ServiceOrigin {
  kind: 'yours' | 'elasticsearch' | 'kibana stand-in' | 'echo';
  /** For people: what it is and where. */
  description: string;
  /** Laid over the forwarder's deployed environment. */
  environment: Record<string, string>;
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

/** A real Elasticsearch on this machine, with security on. */
export async function elasticsearchOrigin(service: ServiceSettings, material: HostMaterial): Promise<ServiceOrigin> {
  const port = await freePort();
  const { certificate, key } = await material.server(service);
  const { authority: ca, elasticPassword } = material;
  const { url, stop } = await startElasticsearch({ port, certificate, key, ca, elasticPassword });
  return { kind: 'elasticsearch', description: `a real Elasticsearch at ${url}`, environment: here(port), stop };
}

/** A stand-in that says so. */
export async function standInOrigin(service: ServiceSettings, material: HostMaterial): Promise<ServiceOrigin> {
  const server = await material.server(service);
  if (service.origin === 'kibana') {
    const isUser = (user: string, password: string) => user === 'elastic' && password === material.elasticPassword;
    return standIn('kibana stand-in', 'a small stand-in for Kibana', await startKibanaStandIn({ ...server, isUser }));
  }
  return standIn('echo', 'an echo, which is no search engine', await startEchoOrigin(server));
}

function standIn(kind: ServiceOrigin['kind'], description: string, origin: Origin): ServiceOrigin {
  return {
    kind,
    description: `${description}, at ${origin.url}`,
    environment: here(origin.port),
    stop: () => origin.close(),
  };
}

/** Address and port alone: name and authority stay as deployed. */
function here(port: number): Record<string, string> {
  return { ORIGIN_ADDRESSES: '127.0.0.1', ORIGIN_PORT: String(port) };
}
