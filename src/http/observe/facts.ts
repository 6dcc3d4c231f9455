/** What is known of a request while it is answered: all that logs, metrics and spans may say about whom it is for. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isFileId } from '../../vault/identifiers.ts';

export interface Facts {
  /** Of the token, not of the secret in it. */
  principal?: string;
  tenant?: string;
  /** Id of the file. */
  file?: string;
}

const DECORATOR = 'facts';

/** Gives every request facts of its own. */
export function keepFacts(app: FastifyInstance): void {
  app.decorateRequest(DECORATOR);
  app.addHook('onRequest', (request, _reply, done) => {
    request.setDecorator<Facts>(DECORATOR, {});
    done();
  });
}

export function factsOf(request: FastifyRequest): Facts {
  return request.getDecorator<Facts>(DECORATOR);
}

/** Remembers the file that a request is about; what has no id's form is a client's own text, and left out. */
export function noteFile(request: FastifyRequest, id: string): void {
  if (isFileId(id)) factsOf(request).file = id;
}
