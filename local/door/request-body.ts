import type { IncomingMessage } from 'node:http';
import { occasions, Refusal } from './refusal';

const largestRequest = 10 * 1024 * 1024;

/** A request's whole body: the gateway hands none on by halves. @throws Refusal where it is too large */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > largestRequest) throw new Refusal(occasions.requestTooLarge);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestRequest) throw new Refusal(occasions.requestTooLarge);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
