/** How often one may ask. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addressGroup } from '../../access/attempts.ts';
import { TooManyRequests } from '../errors.ts';
import { factsOf } from '../observe/facts.ts';
import type { HttpOptions } from '../options.ts';
import { willAuthenticate } from './auth.ts';

/** Whoever proved who he is counts as that; everyone else as the address that he comes from. */
function keyOf(request: FastifyRequest): string {
  const { principal } = factsOf(request);
  return principal === undefined ? `address ${addressGroup(request.ip)}` : `principal ${principal}`;
}

/** Counts a request against whoever makes it. Rejects with `too-many-requests` above the limit. */
export type Admit = (request: FastifyRequest) => Promise<void>;

/**
 * Each request counts once. One with a token does when it is known whose it is: until then a token is anybody's claim,
 * and would use up another's share, or a fresh share each time. Everything else counts when it begins, as its address.
 */
export async function openRateLimit(app: FastifyInstance, limit: HttpOptions['rateLimit']): Promise<Admit> {
  if (limit === undefined) return async () => undefined;
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({ max: limit.requests, timeWindow: limit.window, keyGenerator: keyOf });
  const admit: Admit = async (request) => {
    const state = await count(request);
    if (!state.isAllowed && state.isExceeded) throw new TooManyRequests('too many requests', state.ttlInSeconds);
  };
  app.addHook('onRequest', async (request) => {
    if (!isWatched(request) && !willAuthenticate(request)) await admit(request);
  });
  return admit;
}

/** Whoever looks after the service asks often, and costs nothing. */
function isWatched({ routeOptions: { url } }: FastifyRequest): boolean {
  return url === '/healthz' || url === '/readyz';
}
