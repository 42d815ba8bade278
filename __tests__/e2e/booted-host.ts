import type { HostBoot } from '../../local/machine-boot/host-boot';
import type { Parameter } from '../../local/machine-boot/parameter-store';

/** What the booted host's Elasticsearch answers to its administrator. */
export async function askAsElastic(place: HostBoot, path: string, ...options: string[]): Promise<string> {
  const { value } = (await place.neighbours.parameters())['/searchgate/secrets/elastic-password'] as Parameter;
  const url = `https://search.searchgate.internal:9200${path}`;
  const tls = ['--insecure', '--resolve', 'search.searchgate.internal:9200:10.42.0.10'];
  return (await place.neighbours.curl(...tls, '--user', `elastic:${value}`, ...options, url)).output;
}
