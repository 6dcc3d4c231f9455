/** What is not there: unknown paths, and methods that a path does not have. */
import { METHODS } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { SealroomError } from '../../errors.ts';

/** Answers 404 before the body is looked at: its media type is of no interest then. */
export function refuseUnknownPaths(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.is404) refusePath();
  });
  // For routes that find out later, such as those of a folder.
  app.setNotFoundHandler(refusePath);
}

/** @throws SealroomError `not-found` */
export function refusePath(): never {
  throw new SealroomError('not-found', 'there is nothing at this address');
}

/** Collects the patterns of all routes that are registered from now on. */
export function watchPaths(app: FastifyInstance): ReadonlySet<string> {
  const paths = new Set<string>();
  app.addHook('onRoute', ({ url }) => void paths.add(url));
  return paths;
}

/** `CONNECT` never gets here: it is not about a path. */
const ALL = METHODS.filter((method) => method !== 'CONNECT');

/** Gives each path every method that it does not have, to answer 405: the router tells them from unknown paths. */
export function refuseOtherMethods(app: FastifyInstance, paths: ReadonlySet<string>): void {
  for (const method of ALL) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  // A copy: the routes that are made here are paths, too.
  const urls = Array.from(paths);
  for (const url of urls) {
    const known = ALL.filter((method) => app.hasRoute({ url, method }));
    const allow = known.join(', ');
    app.route({
      url,
      method: ALL.filter((method) => !known.includes(method)),
      schema: { hide: true },
      // Before the body is looked at.
      onRequest: async (request, reply) => {
        // RFC 9110, 15.5.6: an answer of 405 lists the methods that there are.
        reply.header('allow', allow);
        throw new SealroomError(
          'method-not-allowed',
          `${request.method} is not for this address, which takes ${allow}`,
        );
      },
      handler: () => undefined,
    });
  }
}
