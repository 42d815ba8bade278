import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Credentials as the metadata service hands them out for the instance's role. */
export const roleCredentials = {
  accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString('hex'),
  token: randomBytes(64).toString('base64'),
};

const role = 'host-role';
const tokens = new Set<string>();

/** A stand-in for the instance metadata service, version 2 only, as far as the AWS CLI and cloud-init ask it. */
export function answerMetadata(region: string, request: IncomingMessage, response: ServerResponse): void {
  const answer = (status: number, text: string) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  if (request.url === '/latest/api/token') {
    // a hop in between (a container, a proxy) gives itself away by this header
    if (request.method !== 'PUT' || request.headers['x-forwarded-for'] !== undefined) return void answer(403, '');
    const token = randomBytes(32).toString('base64url');
    tokens.add(token);
    return void answer(200, token);
  }
  if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) return void answer(401, '');
  const credentials = '/latest/meta-data/iam/security-credentials/';
  const expiration = new Date(Date.now() + 6 * 3600_000).toISOString().replace(/\.\d+/, '');
  const document = {
    Code: 'Success',
    LastUpdated: new Date().toISOString().replace(/\.\d+/, ''),
    Type: 'AWS-HMAC',
    AccessKeyId: roleCredentials.accessKeyId,
    SecretAccessKey: roleCredentials.secretAccessKey,
    Token: roleCredentials.token,
    Expiration: expiration,
  };
  const pages: Record<string, string> = {
    [credentials]: role,
    [`${credentials}${role}`]: JSON.stringify(document),
    '/latest/meta-data/placement/region': region,
    '/latest/dynamic/instance-identity/document': JSON.stringify({ region }),
  };
  const page = pages[request.url ?? ''];
  answer(page === undefined ? 404 : 200, page ?? '');
}
