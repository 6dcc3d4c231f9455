/** What every answer says to browsers and caches: nothing that is stored here runs, frames, leaks or stays behind as the service. */
import type { FastifyInstance, FastifyReply } from 'fastify';

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-frame-options': 'DENY',
  // Addresses hold ids, and those of links a secret.
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // Answers hold names, tokens and who may do what; the routes of bytes say when those may be kept.
  'cache-control': 'no-store',
};

export function setSecureHeaders(reply: FastifyReply): void {
  reply.headers(headers);
}

/** Sets them first, so that a route that must differ can. */
export function secureHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    setSecureHeaders(reply);
    done();
  });
}
