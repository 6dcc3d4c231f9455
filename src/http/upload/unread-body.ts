/** Answers that are given before the body of the request has arrived: a refusal, as a rule. */
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** A body up to this length is read and forgotten by Node, and the connection serves on. */
const SHORT = 64 * 1024;

/** How much of a longer one is still taken, for how long (in milliseconds), until the connection is cut. */
const LINGER = { bytes: 16 * 1024 * 1024, time: 2000 } as const;

/**
 * Closes the connection after such an answer, for Node would read the rest to its end, however long that is.
 *
 * Not at once: a system that is sent more bytes after it closed a connection says so, and the client, hearing that,
 * throws away the answer that it has not read yet. So our half is closed, and the client's rest taken for a while.
 */
export function closeAfterUnreadBody(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (isLongAndUnread(request.raw)) {
      reply.header('connection', 'close');
      linger(request.raw, reply.raw.socket ?? request.raw.socket);
    }
    done(null, payload);
  });
}

function isLongAndUnread(request: IncomingMessage): boolean {
  // A request that was injected has no connection to care for, and never says that it is complete.
  if (request.complete || request.destroyed || !(request.socket instanceof Socket)) return false;
  // Not read strictly: a number too large for us must not fail the answer here, with the file that it sends open already.
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > SHORT;
}

function linger(request: IncomingMessage, socket: Socket): void {
  let left: number = LINGER.bytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  // What Node calls to close a connection once the last answer on it was handed to the system.
  socket.destroySoon = () => {
    socket.end();
    if (request.complete) socket.destroy();
    else request.on('end', () => socket.destroy());
    const late = setTimeout(() => socket.destroy(), LINGER.time);
    socket.once('close', () => clearTimeout(late));
  };
}
