/*
 * The origin, in a process of its own: `/BYTES` answers as many bytes. Certificate and key come from the environment, the port
 * goes to standard output. It ends with its standard input.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const block = Buffer.alloc(256 * 1024, '{"took":1,"timed_out":false}');

const server = createServer({ cert: process.env.CERTIFICATE, key: process.env.KEY }, (request, response) => {
  let left = Number(request.url?.slice(1));
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': left });
  const write = () => {
    while (left > 0) {
      const piece = block.subarray(0, left);
      left -= piece.length;
      if (!response.write(piece)) {
        response.once('drain', write);
        return;
      }
    }
    response.end();
  };
  if (left <= block.length) response.end(block.subarray(0, left));
  else write();
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit());
