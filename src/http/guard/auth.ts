/** Who calls, and whether he may. */
import type { FastifyRequest } from 'fastify';
import { checkMay, tenantFor } from '../../access/roles.ts';
import type { Action, Principal } from '../../access/roles.ts';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import type { Files } from '../../vault/files.ts';
import { DEFAULT_TENANT } from '../../vault/tenants.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { TooManyRequests } from '../errors.ts';
import { factsOf } from '../observe/facts.ts';
import type { Service } from '../service.ts';

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
  app.addHook('onRequest', async (request, reply) => {
    const { action } = request.routeOptions.config;
    if (action === undefined) return;
    const signal = clientGone(reply);
    const ticket = ticketOf(request);
    const caller =
      ticket === undefined
        ? await callerByToken(service, request, { action, signal })
        : await callerByTicket(service, request, { ticket, signal });
    request.setDecorator<Caller>(DECORATOR, caller);
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
async function callerByToken(
  service: Service,
  request: FastifyRequest,
  { action, signal }: CallOptions & { readonly action: Action },
): Promise<Caller> {
  const principal = await authenticate(service, request, { signal });
  checkMay(principal, action);
  const tenant = tenantFor(principal, namedTenant(request), DEFAULT_TENANT);
  const files = service.vault.tenant(tenant);
  factsOf(request).tenant = tenant;
  return { principal, tenant, files };
}

async function authenticate(service: Service, request: FastifyRequest, options: CallOptions): Promise<Principal> {
  const credential = bearerOf(request);
  if (credential === undefined)
    throw new SealroomError('unauthenticated', 'this needs a token: Authorization: Bearer sr_…');
  const principal = await service.access.authenticate(credential, options);
  if (principal === null) {
    countFailure(service, request);
    throw new SealroomError('unauthenticated', 'the token is not valid: unknown, expired or revoked');
  }
  factsOf(request).principal = principal.id;
  await service.admit(request);
  return principal;
}

/** A ticket stands for whoever it was issued to, for one download of one file. */
async function callerByTicket(
  service: Service,
  request: FastifyRequest,
  { ticket, signal }: CallOptions & { readonly ticket: string },
): Promise<Caller> {
  // As of its address, and first: a request that is one too many must not use the ticket up.
  await service.admit(request);
  const redeemed = await service.access.redeemTicket(ticket, idIn(request), { signal });
  if (redeemed === undefined) {
    countFailure(service, request);
    throw new SealroomError('unauthenticated', 'the ticket is not valid: used, expired, or for another file');
  }
  const { tenant } = redeemed;
  const facts = factsOf(request);
  facts.principal = redeemed.principal.id;
  facts.tenant = tenant;
  return { principal: { ...redeemed.principal, tenant, role: 'reader' }, tenant, files: service.vault.tenant(tenant) };
}

function idIn({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

/** Whether somebody shows what can be looked up: then it is known, in a moment, whom the request counts for. */
export function willAuthenticate(request: FastifyRequest): boolean {
  const { action } = request.routeOptions.config;
  return action !== undefined && (bearerOf(request) !== undefined || ticketOf(request) !== undefined);
}

function ticketOf({ routeOptions, query }: FastifyRequest): string | undefined {
  if (routeOptions.config.ticket !== true || typeof query !== 'object' || query === null) return undefined;
  const ticket = 'ticket' in query ? query.ticket : undefined;
  return typeof ticket === 'string' ? ticket : undefined;
}

/**
 * Remembers that somebody tried to come in and could not. Only those who fail are held up: many may share an address,
 * and one with an old token would lock out the others.
 *
 * @throws SealroomError `too-many-requests` once there were too many from the address
 */
function countFailure({ attempts }: Service, request: FastifyRequest): void {
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
