import type { FastifyReply } from 'fastify';
import { SealroomError } from '../errors.ts';

/**
 * Fires when the connection closes before the answer was written.
 *
 * Not Fastify's `request.signal`: that fires as soon as the body has been read.
 */
export function clientGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const gone = (): void => controller.abort(new SealroomError('cancelled', 'the client went away'));
  if (raw.destroyed) gone();
  raw.once('close', gone);
  raw.once('finish', () => raw.off('close', gone));
  return controller.signal;
}
