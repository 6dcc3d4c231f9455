/** Sends a stream of bytes as the body of an answer, at the pace of whoever reads it. */
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { startedStream } from '../../envelope/stream.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks that are the receiver's own: they are sent as they are. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** What `Content-Length` says; undefined where nobody knows beforehand, and the body is chunked. */
  readonly length?: number | undefined;
}

/**
 * Begins an answer once its first bytes are there: what fails until then is told by its own status. Whatever fails
 * later destroys the connection, so that what came never looks like all of it.
 *
 * @param options.idleTimeout how long the client may take nothing of what waits for it, in milliseconds
 */
export async function sendBody(
  reply: FastifyReply,
  { status, headers, chunks, length }: Answer,
  { idleTimeout }: { readonly idleTimeout: number },
): Promise<FastifyReply> {
  const body = Readable.from(await startedStream(exactly(chunks, length)), { objectMode: false });
  // Whatever keeps it from being sent: a blob that stays open would end the process once it is collected.
  reply.raw.once('close', () => body.destroy());
  cutOffWhenStalled(reply, body, idleTimeout);
  body.once('error', (error) => brokenOff(reply, error));
  if (length !== undefined) reply.header('content-length', length);
  return reply.code(status).headers(headers).send(body);
}

/**
 * Lets the last bytes go only when the source has ended well: a blob may turn out wrong at its very end, and with its
 * last byte an answer of known length is complete.
 */
async function* exactly(
  chunks: AsyncIterable<Uint8Array>,
  length: number | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let passed = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    passed += chunk.length;
    if (length !== undefined && passed > length) throw wrongLength(length);
    if (passed === length) last = chunk;
    else yield chunk;
  }
  if (length !== undefined && passed < length) throw wrongLength(length);
  if (last !== undefined) yield last;
}

function wrongLength(length: number): SealroomError {
  return new SealroomError('unexpected', `a body is not of the ${length} bytes that were announced`);
}

/** An answer that has begun can tell nothing any more: the app's handler notes why, and ends the connection. */
function brokenOff(reply: FastifyReply, error: Error): void {
  if (!reply.raw.headersSent) return;
  const told = isSealroomError(error)
    ? error
    : new SealroomError('unexpected', 'a body broke off while it was sent', { cause: error });
  reply.server.errorHandler(told, reply.request, reply);
}

/**
 * Node's timer of the socket begins anew whenever the system took some of what waits, be it a part of one chunk: so a
 * slow client lives, and one that reads nothing is gone after twice the time at most.
 */
function cutOffWhenStalled({ raw }: FastifyReply, body: Readable, idleTimeout: number): void {
  const { socket } = raw;
  // One that is only imitated, as by `inject`, reads everything.
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(idleTimeout);
  raw.on('timeout', () => {
    // Nothing waits for the client: it is the store that is slow, and its own time-outs are for that.
    if (raw.writableLength === 0) return;
    body.destroy(new SealroomError('timed-out', 'the client took nothing of the answer for too long'));
    // The body may have ended long ago, and the last of it still waits.
    raw.destroy();
  });
  // Before Node sets the time for which it keeps an idle connection, which happens at `finish` too.
  raw.prependOnceListener('finish', () => void socket.setTimeout(0));
}
