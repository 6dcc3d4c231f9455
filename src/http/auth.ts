/** Who calls, and whether he may. */
import type { FastifyRequest } from 'fastify';
import { checkMay, tenantFor } from '../access/roles.ts';
import type { Action, Principal } from '../access/roles.ts';
import { SealroomError } from '../errors.ts';
import type { Files } from '../vault/files.ts';
import { DEFAULT_TENANT } from '../vault/tenants.ts';
import type { HttpApp } from './app-types.ts';
import { TooManyRequests } from './errors.ts';
import { factsOf } from './facts.ts';
import type { Service } from './service.ts';

/** Somebody who may do what he asked for, and the tenant that he does it in. */
export interface Caller {
  readonly principal: Principal;
  readonly tenant: string;
  readonly files: Files;
}

const DECORATOR = 'caller';

/** Has every route that names an action ask who calls, before the body of the request is read. */
export function askWhoCalls(app: HttpApp, service: Service): void {
  app.decorateRequest(DECORATOR);
  app.addHook('onRequest', async (request) => {
    const { action } = request.routeOptions.config;
    if (action !== undefined) request.setDecorator<Caller>(DECORATOR, await callerOf(service, request, action));
  });
}

/** Who calls a route that names an action. */
export function callerIn(request: FastifyRequest): Caller {
  return request.getDecorator<Caller>(DECORATOR);
}

/**
 * Reads the token at every request, so that a revoked one is refused at once.
 *
 * @throws SealroomError `unauthenticated`, `permission`, `too-many-requests` (after too many failed attempts from one
 *   address, or more requests than the limit)
 */
export async function callerOf(service: Service, request: FastifyRequest, action: Action): Promise<Caller> {
  const principal = await authenticate(service, request);
  checkMay(principal, action);
  const tenant = tenantFor(principal, namedTenant(request), DEFAULT_TENANT);
  const files = service.vault.tenant(tenant);
  factsOf(request).tenant = tenant;
  return { principal, tenant, files };
}

async function authenticate(service: Service, request: FastifyRequest): Promise<Principal> {
  const credential = bearerOf(request);
  if (credential === undefined)
    throw new SealroomError('unauthenticated', 'this needs a token: Authorization: Bearer sr_…');
  const principal = await service.access.authenticate(credential);
  if (principal === null) {
    countFailure(service, request);
    throw new SealroomError('unauthenticated', 'the token is not valid: unknown, expired or revoked');
  }
  factsOf(request).principal = principal.id;
  await service.admit(request);
  return principal;
}

/**
 * Remembers that somebody tried to come in and could not. Only those who fail are held up: many may share an address,
 * and one with an old token would lock out the others.
 *
 * @throws SealroomError `too-many-requests` once there were too many from the address
 */
export function countFailure({ attempts }: Service, request: FastifyRequest): void {
  const wait = attempts.wait(request.ip);
  attempts.failed(request.ip);
  if (wait > 0) throw new TooManyRequests('too many failed attempts from this address', wait / 1000);
}

const BEARER = /^Bearer +([^\s,]+) *$/i;

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

/** The tenant that an operator names. */
function namedTenant({ headers }: FastifyRequest): string | undefined {
  const named = headers['sealroom-tenant'];
  return Array.isArray(named) ? named.join(',') : named;
}
