/** Clients that go away: what is still done for one is given up. */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SealroomError } from '../errors.ts';

const DECORATOR = 'clientGone';

/** Gives every request a signal of its own: one for all who ask, for each listens to the connection. */
export function watchClients(app: FastifyInstance): void {
  app.decorateRequest(DECORATOR);
  app.addHook('onRequest', (request, reply, done) => {
    request.setDecorator<AbortSignal>(DECORATOR, signalOf(reply.raw));
    done();
  });
}

/**
 * Fires when the connection closes before the answer was written.
 *
 * Not Fastify's `request.signal`: that fires as soon as the body has been read.
 */
export function clientGone({ request }: FastifyReply): AbortSignal {
  return request.getDecorator<AbortSignal>(DECORATOR);
}

function signalOf(raw: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const gone = (): void => controller.abort(new SealroomError('cancelled', 'the client went away'));
  if (raw.destroyed) gone();
  raw.once('close', gone);
  raw.once('finish', () => raw.off('close', gone));
  return controller.signal;
}
