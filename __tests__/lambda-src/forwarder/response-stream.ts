import { Writable } from 'node:stream';

/** What API Gateway makes of an answer, from either mode. */
export interface Answer {
  status: number;
  /** By lower-case name; each value by itself, cookies among them. */
  headers: Record<string, string[]>;
  body: Buffer;
}

/** A stand-in for the stream that Lambda's runtime gives a streaming handler: a Writable, with what a Writable does to a writer. */
export class StandInResponseStream extends Writable {
  contentType: string | undefined;
  /** When each chunk came, and its size. */
  readonly arrivals: { time: number; bytes: number }[] = [];
  bytes = 0;
  private chunks: Buffer[] = [];

  /**
   * @param take what the client does with a chunk: calls back when it is ready for the next one.
   * @param keep whether the bytes are kept to be looked at.
   */
  constructor(
    private readonly take: (chunk: Buffer, ready: () => void) => void = (_chunk, ready) => ready(),
    private readonly keep = true,
  ) {
    super();
  }

  setContentType(type: string): void {
    if (this.bytes > 0) throw new Error('The content type comes before the first byte');
    this.contentType = type;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.arrivals.push({ time: performance.now(), bytes: chunk.length });
    this.bytes += chunk.length;
    if (this.keep) this.chunks.push(chunk);
    this.take(chunk, done);
  }

  received(): Buffer {
    this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] ?? Buffer.alloc(0);
  }

  /** Reads the answer as API Gateway does. Throws where that would answer 502. */
  answer(): Answer {
    const bytes = this.received();
    const end = bytes.indexOf(Buffer.alloc(8));
    if (this.contentType !== 'application/vnd.awslambda.http-integration-response')
      throw new Error('not an HTTP answer');
    if (end === -1 || end + 8 > 16 * 1024) throw new Error('no prelude within the first 16 KB');
    const { statusCode, headers, multiValueHeaders, cookies, ...unknown } = JSON.parse(bytes.toString('utf8', 0, end));
    if (Object.keys(unknown).length > 0) throw new Error(`unknown keys in the prelude: ${Object.keys(unknown)}`);
    return {
      status: statusCode,
      headers: gatheredHeaders(headers, multiValueHeaders, cookies),
      body: bytes.subarray(end + 8),
    };
  }
}

/** Reads a buffered result as API Gateway does. Throws where that, or Lambda, would answer 502. */
export function bufferedAnswer(result: object): Answer {
  if (Buffer.byteLength(JSON.stringify(result)) > 6_291_556) throw new Error('larger than Lambda takes');
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded, ...unknown } = JSON.parse(
    JSON.stringify(result),
  );
  if (Object.keys(unknown).length > 0) throw new Error(`unknown keys in the result: ${Object.keys(unknown)}`);
  return {
    status: statusCode,
    headers: gatheredHeaders(headers, multiValueHeaders, []),
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function gatheredHeaders(
  headers: Record<string, string> = {},
  multiValueHeaders: Record<string, string[]> = {},
  cookies: string[] = [],
): Record<string, string[]> {
  const gathered: Record<string, string[]> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) gathered[name.toLowerCase()] = [value];
  // The multi-value map wins where both name a field.
  for (const [name, values] of Object.entries(multiValueHeaders)) gathered[name.toLowerCase()] = values;
  if (cookies.length > 0) gathered['set-cookie'] = cookies;
  return gathered;
}
