/** The cookie of a visit: what was opened once opens again, for this browser, this path and a time. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Service } from './service.ts';
import { publicPath } from './public-path.ts';

/** What it is called. */
export const VISIT_COOKIE = 'sealroom-visit';

/** A visit, and where it holds. */
export interface VisitPlace {
  readonly visit: string;
  readonly visitExpires: string;
  /** A path of the service: the cookie is sent to no other. */
  readonly path: string;
  readonly sameSite: 'lax' | 'strict';
}

export function giveVisit(
  service: Service,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { visit, visitExpires, path, sameSite }: VisitPlace,
): void {
  reply.setCookie(VISIT_COOKIE, visit, {
    path: publicPath(service, path),
    // Counted from when the browser gets it: its clock may be wrong.
    maxAge: Math.ceil((Date.parse(visitExpires) - service.now()) / 1000),
    httpOnly: true,
    sameSite,
    secure: request.protocol === 'https',
  });
}

export function visitOf({ cookies }: FastifyRequest): string | undefined {
  return cookies[VISIT_COOKIE];
}
