import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { HostBoot } from '../../local/machine-boot/host-boot';
import type { Parameter } from '../../local/machine-boot/parameter-store';

/** What the booted host's Elasticsearch answers to its administrator. */
export async function askAsElastic(place: HostBoot, path: string, ...options: string[]): Promise<string> {
  const { value } = (await place.neighbours.parameters())['/searchgate/secrets/elastic-password'] as Parameter;
  const url = `https://search.searchgate.internal:9200${path}`;
  const tls = ['--insecure', '--resolve', 'search.searchgate.internal:9200:10.42.0.10'];
  return (await place.neighbours.curl(...tls, '--user', `elastic:${value}`, ...options, url)).output;
}

/** Writes 2,000 documents into the index `load`, of words, in one request; `bulk` says which. Gives what Elasticsearch answers: `{"errors":false}`. */
export async function writeBulk(place: HostBoot, bulk: number): Promise<string> {
  const words = (id: number) => Array.from({ length: 40 }, (_, word) => `w${(id * 31 + word * word) % 9973}`).join(' ');
  const lines = Array.from(
    { length: 2000 },
    (_, id) => `{"index":{}}\n{"n":${id},"text":"${words(bulk * 2000 + id)}","tag":"t${id % 500}"}\n`,
  );
  return sendBulk(place, lines.join(''));
}

/** Sends 64 MB in one request, which Elasticsearch has to hold at once. Gives what it answers, which is nothing where it ended. */
export function writeHeavily(place: HostBoot): Promise<string> {
  const document = `{"index":{}}\n{"heavy":"${'x'.repeat(2 ** 20)}"}\n`;
  return sendBulk(place, document.repeat(64));
}

async function sendBulk(place: HostBoot, body: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bulk-'));
  try {
    const file = join(folder, 'bulk');
    writeFileSync(file, body);
    const ndjson = ['--header', 'content-type: application/x-ndjson', '--data-binary', `@${file}`];
    return await askAsElastic(place, '/load/_bulk?filter_path=errors,error', ...ndjson);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks for terms of two fields of `load`, one within the other. */
export function aggregate(place: HostBoot): Promise<string> {
  const words = '"w":{"terms":{"field":"text.keyword","size":2000},"aggs":{"n":{"stats":{"field":"n"}}}}';
  const request = `{"size":0,"aggs":{${words},"t":{"terms":{"field":"tag.keyword","size":500}}}}`;
  return askAsElastic(place, '/load/_search?request_cache=false', '--json', request);
}

/** Merges `load` into one segment and waits until it is. @throws Error where it is not in three minutes. */
export async function mergeAll(place: HostBoot): Promise<void> {
  await askAsElastic(place, '/load/_forcemerge?max_num_segments=1&wait_for_completion=false', '-X', 'POST');
  const segments = '/load/_stats/segments?filter_path=_all.primaries.segments.count';
  await until('one segment', async () => (await askAsElastic(place, segments)).includes('"count":1}'));
}

/** How many times as long as alone whatever computes takes at this moment, on processors that others use too: 0.1 s of work is measured. */
export function crowding(): number {
  const [start, before] = [performance.now(), process.cpuUsage()];
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    if (seconds >= 0.1) return (performance.now() - start) / 1_000 / seconds;
  }
}

/** @throws Error where it does not come in three minutes. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 180_000; !(await holds()); await wait(500))
    if (Date.now() > deadline) throw new Error(`it does not come: ${what}`);
}
