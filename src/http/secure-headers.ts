/** What every answer says to browsers: nothing that is stored here runs, frames or leaks as the service. */
import type { FastifyInstance, FastifyReply } from 'fastify';

const headers: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-frame-options': 'DENY',
  // Addresses hold ids, and those of links a secret.
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
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
