import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** How many scripts and style sheets the home page loads: as many as Kibana's. */
export const assetCount = 150;

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly encodings: Readonly<Record<'br' | 'gzip' | 'identity', Buffer>>;
}

const prefix = '/stand-in/bundles/';

/** The files of the stand-in's pages, compressed once, as Kibana's build compresses its own. */
export class KibanaAssets {
  private readonly assets = new Map<string, Asset>();

  constructor() {
    for (let number = 0; number < assetCount; number += 1) {
      const isStyle = number % 10 === 0;
      this.assets.set(
        `${prefix}${number}.${isStyle ? 'css' : 'js'}`,
        isStyle ? asset('text/css', styleSheet(number)) : asset('text/javascript', script(number)),
      );
    }
  }

  get paths(): string[] {
    return [...this.assets.keys()];
  }

  /** Answers where the path is an asset's. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): boolean {
    const found = this.assets.get(path);
    if (found === undefined) return false;
    const accepted = String(request.headers['accept-encoding'] ?? '');
    const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : 'identity';
    response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
    response.setHeader('ETag', found.etag);
    response.setHeader('Vary', 'accept-encoding');
    if (request.headers['if-none-match'] === found.etag) {
      response.writeHead(304).end();
      return true;
    }
    const bytes = found.encodings[encoding];
    if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
    response.writeHead(200, { 'Content-Type': `${found.type}; charset=utf-8`, 'Content-Length': bytes.length });
    response.end(bytes);
    return true;
  }
}

function asset(type: string, text: string): Asset {
  const identity = Buffer.from(text);
  const br = brotliCompressSync(identity, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  const etag = `"${createHash('sha256').update(identity).digest('hex').slice(0, 16)}"`;
  return { type, etag, encodings: { br, gzip: gzipSync(identity), identity } };
}

/** Each script counts itself in, so that a page can tell whether all of them ran. */
function script(number: number): string {
  const filling = Array.from({ length: 200 }, (_, line) => `// line ${line} of bundle ${number} — ünïcödé`).join('\n');
  return `(globalThis.standInBundles ??= new Set()).add(${number});\n${filling}\n`;
}

function styleSheet(number: number): string {
  return `.bundle-${number}::after { content: 'style ${number}'; color: rgb(0, ${number}, 0); }\n`;
}
