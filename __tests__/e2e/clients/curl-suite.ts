import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '../../command-line';
import { describeWith } from '../../requirements';
import type { Place } from './place';
import { publicName, serverName } from './test-bed';

/** curl, as people type it. */
export function curlSuite(place: () => Place): void {
  describeWith(['curl'], 'curl', () => {
    const folder = mkdtempSync(join(tmpdir(), 'searchgate-curl-'));
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** The same command line direct and through the doors; `URL` and `INDEX` in it are each line's own. */
    async function everywhere(...parameters: string[]): Promise<string> {
      const { bed, server, doors, password } = place();
      const lines: [string, string[]][] = [
        [
          `https://${serverName}:${server.port}`,
          ['--cacert', bed.authority.certificateFile, '--resolve', `${serverName}:${server.port}:127.0.0.1`],
        ],
        ...[doors.STREAM, doors.BUFFERED].map(({ port }): [string, string[]] => [
          `http://${publicName}:${port}`,
          ['--resolve', `${publicName}:${port}:127.0.0.1`],
        ]),
      ];
      const told = await Promise.all(
        lines.map(async ([url, own], at) => {
          const index = `curl-${at}`;
          const named = parameters.map((each) => each.replaceAll('URL', url).replaceAll('INDEX', index));
          const always = ['--silent', '--show-error', '--user', `elastic:${password}`, '--output', join(folder, index)];
          const wanted = '%{http_code} %{content_type} %{exitcode}';
          writeFileSync(join(folder, index), '');
          const { code, stdout, stderr } = await run('curl', [...always, '--write-out', wanted, ...own, ...named]);
          if (code !== 0) throw new Error(`curl ${named.join(' ')} ended with ${code}: ${stderr}`);
          // With -I that is the head, of which what differs is documented, and compared elsewhere.
          const body = named.includes('-I') ? '' : readFileSync(join(folder, index), 'latin1');
          return `${stdout}\n${body}`.replaceAll(index, 'INDEX');
        }),
      );
      const [direct = '', streamed, buffered] = told;
      expect({ streamed, buffered }).toEqual({ streamed: direct, buffered: direct });
      return Buffer.from(direct, 'latin1').toString();
    }

    const json = ['--header', 'Content-Type: application/json'];

    test('uploads a file (-T), whose id has a slash', async () => {
      const document = file('document.json', '{"text":"naïve – 東京"}');
      const told = await everywhere(...json, '-T', document, 'URL/INDEX/_doc/a%2Fb?refresh');
      expect(told).toContain('201 application/json');
    });

    test('uploads from a pipe, in chunks', async () => {
      const document = file('chunked.json', `{"text":"${'ü'.repeat(40_000)}"}`);
      const told = await everywhere(
        ...[...json, '--header', 'Transfer-Encoding: chunked', '--request', 'PUT', '--data-binary', `@${document}`],
        'URL/INDEX/_doc/chunked',
      );
      expect(told).toContain('201 application/json');
    });

    test('sends what is gzipped and takes what is gzipped (--compressed)', async () => {
      const lines = Array.from({ length: 200 }, (_, id) => `{"index":{"_id":"${id}"}}\n{"text":"Zeile ${id} – ß"}\n`);
      const bulk = file('bulk.gz', gzipSync(lines.join('')));
      const sent = await everywhere(
        ...['--header', 'Content-Type: application/x-ndjson', '--header', 'Content-Encoding: gzip'],
        ...['--data-binary', `@${bulk}`, 'URL/INDEX/_bulk?refresh&filter_path=errors'],
      );
      expect(sent).toContain('{"errors":false}');
      const packed = [
        '--dump-header',
        join(folder, 'head'),
        'URL/INDEX/_search?q=text:zeile&size=200&filter_path=hits.hits._source',
      ];
      expect(await everywhere('--compressed', ...packed)).toContain('Zeile 199 – ß');
      expect(readFileSync(join(folder, 'head'), 'utf8')).toMatch(/^content-encoding: gzip/im);
    });

    test('asks for the head alone (-I), over HTTP/1.1', async () => {
      expect(await everywhere('-I', '--http1.1', 'URL/INDEX/_doc/none')).toBe('404 application/json 0\n');
    });

    test('encodes a query (-G --data-urlencode)', async () => {
      const query = [
        '--data-urlencode',
        'q=text:"Zeile 7" OR text:naïve',
        '--data-urlencode',
        'filter_path=hits.hits._id',
      ];
      expect(await everywhere('-G', ...query, 'URL/INDEX/_search')).toContain('"_id":"a/b"');
    });

    test('leaves dots and slashes alone where it is told to (--path-as-is)', async () => {
      const told = await everywhere('--path-as-is', 'URL/INDEX/../INDEX//_doc/./a%2Fb');
      expect(told).toContain('/INDEX/../INDEX//_doc/./a%2Fb');
    });

    test('sees a failure as a failure (--fail)', async () => {
      await expect(everywhere('--fail', 'URL/INDEX/_doc/none')).rejects.toThrow('ended with 22');
    });
  });
}
