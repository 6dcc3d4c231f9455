/** `Expect: 100-continue` (RFC 9110, 10.1.1): a client that asks before it sends its body. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/**
 * Leaves the "go on" to whoever reads the body, so that a client that is refused has not sent it for nothing. Node says
 * it before anything was looked at.
 *
 * @param wanted the requests whose reader says it; to all others it is said at once
 * @returns says it, if the client waits for it and was not told
 */
export function deferContinue(
  app: FastifyInstance,
  wanted: (request: IncomingMessage) => boolean,
): (request: IncomingMessage) => void {
  const waiting = new WeakMap<IncomingMessage, ServerResponse>();
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (wanted(request)) waiting.set(request, response);
    else response.writeContinue();
    app.server.emit('request', request, response);
  });
  return (request) => {
    waiting.get(request)?.writeContinue();
    waiting.delete(request);
  };
}
