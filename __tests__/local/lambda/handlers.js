/* Small functions to invoke: each shows one thing that a Lambda function can do. */
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const { streamifyResponse, HttpResponseStream } = globalThis.awslambda;

let invocations = 0;
let ticks = 0;
setInterval(() => (ticks += 1), 10).unref();

exports.report = async (event, context) => {
  invocations += 1;
  await wait(event.wait ?? 0);
  return {
    event,
    invocations,
    ticks,
    pid: process.pid,
    greeting: process.env.GREETING,
    functionName: context.functionName,
    requestId: context.awsRequestId,
    remaining: context.getRemainingTimeInMillis(),
  };
};

exports.throwing = async () => {
  throw new RangeError('too far');
};

exports.exiting = async () => process.exit(3);

exports.never = () => new Promise((resolve) => setTimeout(resolve, 60_000));

exports.large = async ({ bytes }) => 'x'.repeat(bytes);

exports.logging = async () => {
  say({ event: 'spoken' });
  process.stderr.write('complained\n');
};

exports.chunks = streamifyResponse(async (event, stream) => {
  for (const chunk of event.chunks) {
    stream.write(chunk);
    await wait(event.wait);
  }
  stream.end();
});

exports.prelude = streamifyResponse(async ({ body }, stream) => {
  const answer = HttpResponseStream.from(stream, { statusCode: 204 });
  if (body !== undefined) answer.write(body);
  answer.end();
});

exports.breaking = streamifyResponse(async (_event, stream) => {
  stream.write('half');
  await wait(20);
  throw new TypeError('no more');
});

exports.unfinished = streamifyResponse(async (_event, stream) => {
  stream.write('half');
});

/** Writes as much as is taken, and says how far it came when nothing is taken any more. */
exports.endless = streamifyResponse(
  (event, stream) =>
    new Promise((resolve) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      let written = 0;
      const more = () => {
        while (!stream.destroyed && written < event.bytes) {
          written += chunk.length;
          if (!stream.write(chunk)) break;
        }
        say({ event: 'written', written });
        if (written >= event.bytes) stream.end();
      };
      stream.on('drain', more);
      stream.on('close', () => {
        say({ event: 'closed', written });
        resolve();
      });
      more();
    }),
);
