import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { KibanaAssets } from './kibana-assets';
import { homePage, loginPage } from './kibana-pages';
import { type Origin, type OriginOptions, startOrigin } from './origin-server';

export interface KibanaStandInOptions extends OriginOptions {
  /** Who may log in. @default whoever gives a password that is not empty */
  readonly isUser?: (username: string, password: string) => boolean;
  /** Whether the Elasticsearch that it would need answers. @default it does */
  readonly isReady?: () => boolean;
}

/**
 * Starts a small stand-in for Kibana, which says so on every page: login with a cookie, logout, `/api/status`, a home page with
 * 150 compressed and cacheable assets, a chunked answer at `/api/stand-in/slow`, and Kibana's answers to unknown paths and before it
 * is ready.
 */
export function startKibanaStandIn(options: KibanaStandInOptions = {}): Promise<Origin> {
  const standIn = new KibanaStandIn(options.isUser ?? ((_, password) => password !== ''));
  const isReady = options.isReady ?? (() => true);
  return startOrigin((request, response) => {
    if (isReady()) standIn.answer(request, response);
    else notReady(response);
  }, options);
}

class KibanaStandIn {
  private readonly sessions = new Map<string, string>();
  private readonly assets = new KibanaAssets();

  constructor(private readonly isUser: (username: string, password: string) => boolean) {}

  answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    response.setHeader('kbn-name', 'stand-in');
    response.setHeader('X-Stand-In', 'kibana');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (this.assets.answer(path, request, response)) return;
    response.setHeader('Cache-Control', 'private, no-cache, no-store, must-revalidate');
    const user = this.sessions.get(sessionId(request) ?? '');
    if (path === '/internal/security/login' && request.method === 'POST') void this.logIn(request, response);
    else if (path === '/logout') this.logOut(request, response);
    else if (path === '/login') html(response, loginPage);
    else if (path === '/api/status') json(response, 200, status);
    else if (path === '/api/stand-in/slow') void slow(response);
    else if (path === '/') redirect(response, '/app/home');
    else if (path !== '/app/home') json(response, 404, notFound);
    else if (user === undefined) redirect(response, `/login?next=${encodeURIComponent(request.url ?? '/')}`);
    else html(response, homePage(user, this.assets.paths));
  }

  /** Two cookies, one with a date and thus a comma, as servers behind a proxy have them. */
  private async logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers['kbn-xsrf'] === undefined) {
      json(response, 400, problem(400, 'Bad Request', 'Request must contain a kbn-xsrf header.'));
      return;
    }
    const { username, password } = await credentials(request);
    if (!this.isUser(username, password)) {
      json(response, 401, problem(401, 'Unauthorized', 'Unauthorized'));
      return;
    }
    const session = randomBytes(24).toString('base64url');
    this.sessions.set(session, username);
    const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
    response.setHeader('Set-Cookie', [
      `sid=${session}; Path=/; HttpOnly; SameSite=Lax`,
      `stand_in_seen=yes; Path=/; Expires=${tomorrow}`,
    ]);
    json(response, 200, { location: '/app/home' });
  }

  private logOut(request: IncomingMessage, response: ServerResponse): void {
    this.sessions.delete(sessionId(request) ?? '');
    response.setHeader('Set-Cookie', 'sid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0');
    redirect(response, '/login?msg=LOGGED_OUT');
  }
}

/** What Kibana says until it has found its Elasticsearch. */
function notReady(response: ServerResponse): void {
  response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', 'Retry-After': '30', 'X-Stand-In': 'kibana' });
  response.end('Kibana server is not ready yet');
}

const problem = (statusCode: number, error: string, message: string) => ({ statusCode, error, message });
const notFound = problem(404, 'Not Found', 'Not Found');
const status = {
  name: 'stand-in',
  stand_in: 'no Kibana runs here',
  status: { overall: { level: 'available', summary: 'The stand-in is available' } },
};

function html(response: ServerResponse, page: string): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(page) });
  response.end(page);
}

function json(response: ServerResponse, code: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(code, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location, 'Content-Length': 0 });
  response.end();
}

/** Ten chunks, a tenth of a second apart. */
async function slow(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  for (let line = 0; line < 10 && !response.destroyed; line += 1) {
    response.write(`${JSON.stringify({ line })}\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  response.end();
}

function sessionId(request: IncomingMessage): string | undefined {
  return /(?:^|;\s*)sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
}

/** What the login form sends; anything else are empty credentials. */
async function credentials(request: IncomingMessage): Promise<{ username: string; password: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    const { params } = JSON.parse(Buffer.concat(chunks).toString()) as { params?: Record<string, unknown> };
    return { username: String(params?.username ?? ''), password: String(params?.password ?? '') };
  } catch {
    return { username: '', password: '' };
  }
}
