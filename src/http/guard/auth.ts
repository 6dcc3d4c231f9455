/** Who calls, and whether he may. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TicketHolder } from '../../access/open.ts';
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
import { giveVisit, visitOf } from '../visit-cookie.ts';

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
    const caller = showsTicket(request)
      ? await callerByTicket(service, { request, reply }, { signal })
      : await callerByToken(service, request, { action, signal });
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

/**
 * A ticket stands for whoever it was issued to, for one download of one file: once, and from then on by the visit that
 * it gave, as players ask for range after range, and downloads that broke off go on, under the address that they have.
 */
async function callerByTicket(
  service: Service,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  options: CallOptions,
): Promise<Caller> {
  const holder = (await redeemed(service, { request, reply }, options)) ?? (await visitor(service, request, options));
  if (holder === undefined) {
    countFailure(service, request);
    throw new SealroomError('unauthenticated', 'the ticket is not valid: used, expired, or for another file');
  }
  const { tenant, principal } = holder;
  const facts = factsOf(request);
  facts.principal = principal.id;
  facts.tenant = tenant;
  return { principal: { ...principal, tenant, role: 'reader' }, tenant, files: service.vault.tenant(tenant) };
}

async function redeemed(
  service: Service,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  options: CallOptions,
): Promise<TicketHolder | undefined> {
  const ticket = ticketOf(request);
  // Whoever comes with nothing but a cookie was counted when his request began.
  if (ticket === undefined) return undefined;
  // As of its address, and first: a request that is one too many must not use the ticket up.
  await service.admit(request);
  const file = idIn(request);
  const used = await service.access.redeemTicket(ticket, file, options);
  if (used !== undefined) {
    // `strict`: no other site can have a browser send it along, and so find out who reads what here.
    giveVisit(service, { request, reply }, { ...used, path: `/v1/files/${file}/content`, sameSite: 'strict' });
  }
  return used;
}

async function visitor(
  service: Service,
  request: FastifyRequest,
  options: CallOptions,
): Promise<TicketHolder | undefined> {
  const visit = visitOf(request);
  return visit === undefined ? undefined : service.access.ticketVisitor(visit, idIn(request), options);
}

function idIn({ params }: FastifyRequest): string {
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : '';
}

/** Whether somebody shows what can be looked up: then it is known, in a moment, whom the request counts for. */
export function willAuthenticate(request: FastifyRequest): boolean {
  const { action } = request.routeOptions.config;
  return action !== undefined && (bearerOf(request) !== undefined || ticketOf(request) !== undefined);
}

/** A cookie comes by itself, so it counts only where somebody shows nothing else. */
function showsTicket(request: FastifyRequest): boolean {
  if (request.routeOptions.config.ticket !== true) return false;
  return ticketOf(request) !== undefined || (bearerOf(request) === undefined && visitOf(request) !== undefined);
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
