import { OPERATOR, tenantFor } from '../../access/roles.ts';
import type { Principal } from '../../access/roles.ts';
import { callerIn } from '../guard/auth.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { ByTenant, NewToken, TokenRequest, Tokens } from '../contract/access.ts';
import { ById, json, nothing } from '../contract/common.ts';
import { NEEDS_TOKEN, TAKES_JSON, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

const tags = ['administration'];

/** Tokens. A tenant's admin has to do with those of his own tenant only; those of `*` are the operator's. */
export function tokenRoutes(app: HttpApp, service: Service): void {
  const { tokens } = service.access;

  const list = {
    tags,
    summary: 'List tokens: those of one tenant, or all',
    querystring: ByTenant,
    response: { 200: json('Tokens that are in force', Tokens), ...problems(...NEEDS_TOKEN, 'no-tenant') },
  };
  app.get('/v1/tokens', { config: { action: 'administer' }, schema: list }, async (request, reply) => {
    const { principal } = callerIn(request);
    const tenant = scopeOf(principal, request.query.tenant);
    const found = await tokens.list({ tenant, signal: clientGone(reply) });
    return reply.send({ tokens: found });
  });

  const create = {
    tags,
    summary: 'Make a token',
    body: TokenRequest,
    response: {
      201: json('The token, told this once', NewToken),
      ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'no-tenant'),
    },
  };
  app.post('/v1/tokens', { config: { action: 'administer' }, schema: create }, async (request, reply) => {
    const caller = callerIn(request);
    const { role, tenant: named, name, expires } = request.body;
    const tenant = tenantFor(caller.principal, named, caller.tenant);
    const createdBy = caller.principal.name;
    const made = await tokens.create({ role, tenant, name, expires, createdBy, signal: clientGone(reply) });
    return reply.code(201).header('location', `/v1/tokens/${made.id}`).send(made);
  });

  const revoke = {
    tags,
    summary: 'Revoke a token: it is refused from then on',
    params: ById,
    querystring: ByTenant,
    response: { 204: nothing('It is revoked'), ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'not-found') },
  };
  app.delete('/v1/tokens/:id', { config: { action: 'administer' }, schema: revoke }, async (request, reply) => {
    const { principal } = callerIn(request);
    const tenant = scopeOf(principal, request.query.tenant);
    await tokens.revoke(request.params.id, { tenant, signal: clientGone(reply) });
    return reply.code(204).send();
  });
}

/** The tenant whose tokens somebody has to do with; undefined for all, which an operator means who names none. */
function scopeOf(principal: Principal, named: string | undefined): string | undefined {
  return principal.tenant === OPERATOR ? named : tenantFor(principal, named, principal.tenant);
}
