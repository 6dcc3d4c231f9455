/** Clients that are waited for and do nothing: each would keep a connection, and what is open for it, for ever. */
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { SealroomError } from '../../errors.ts';

/**
 * Ends what waits for a client that was silent for so many milliseconds: a body of JSON with 408, an answer by closing
 * the connection. Files have timers of their own, in `request-body.ts` and `send.ts`, and work that takes long has none: only
 * whoever has bytes to send or to take is waited for here.
 */
export function cutOffIdleClients(app: FastifyInstance, idleTimeout: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    // One that is only imitated, as by `inject`, is never idle.
    if (raw.socket instanceof Socket) {
      // Until the answer is finished; then Node sets the time for which it keeps an idle connection.
      raw.socket.setTimeout(idleTimeout);
      raw.on('timeout', () => {
        // A file that is put is read by hand, not as it flows.
        if (raw.readableFlowing !== true || reply.sent) return;
        reply.header('connection', 'close');
        void reply.send(new SealroomError('timed-out', `nothing arrived for ${idleTimeout / 1000} seconds`));
      });
    }
    done();
  });
  // Emitted after whoever sends the answer was told: what sends a file has ended it, and noted why.
  app.server.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });
}
