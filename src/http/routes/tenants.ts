import type { FastifyReply } from 'fastify';
import { SealroomError } from '../../errors.ts';
import type { Tenant as TenantValue } from '../../vault/item-kinds.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { ByName, Tenant, TenantChanges, TenantRequest, TenantStat, Tenants, Usage } from '../contract/access.ts';
import { json } from '../contract/common.ts';
import { NEEDS_TOKEN, TAKES_JSON, problems } from '../contract/problem.ts';
import type { Service } from '../service.ts';

const tags = ['administration'];

/** Tenants, for the operator. */
export function tenantRoutes(app: HttpApp, service: Service): void {
  const { vault } = service;

  const list = {
    tags,
    summary: 'List tenants',
    response: { 200: json('All tenants', Tenants), ...problems(...NEEDS_TOKEN) },
  };
  app.get('/v1/tenants', { config: { action: 'operate' }, schema: list }, async (_request, reply) => {
    const tenants = await vault.tenantStats({ signal: clientGone(reply) });
    return reply.send({ tenants });
  });

  const create = {
    tags,
    summary: 'Make a tenant',
    body: TenantRequest,
    response: { 201: json('The tenant', Tenant), ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'exists', 'read-only') },
  };
  app.post('/v1/tenants', { config: { action: 'operate' }, schema: create }, async (request, reply) => {
    const { name, quota } = request.body;
    const made = await vault.createTenant(name, { quota, signal: clientGone(reply) });
    return reply.code(201).header('location', `/v1/tenants/${made.name}`).send(made);
  });

  const get = {
    tags,
    summary: 'Describe a tenant',
    params: ByName,
    response: { 200: json('The tenant', TenantStat), ...problems(...NEEDS_TOKEN, 'no-tenant') },
  };
  app.get('/v1/tenants/:name', { config: { action: 'operate' }, schema: get }, async (request, reply) => {
    const { name } = await findTenant(service, request.params.name, reply);
    return reply.send(await vault.tenantStat(name, { signal: clientGone(reply) }));
  });

  const usage = {
    tags,
    summary: 'How much a tenant holds: counted, where it has no quota',
    params: ByName,
    response: { 200: json('What it holds', Usage), ...problems(...NEEDS_TOKEN, 'no-tenant') },
  };
  app.get('/v1/tenants/:name/usage', { config: { action: 'operate' }, schema: usage }, async (request, reply) => {
    const { name } = await findTenant(service, request.params.name, reply);
    return reply.send(await vault.usage(name, { signal: clientGone(reply) }));
  });

  const change = {
    tags,
    summary: 'Set how much a tenant may hold',
    params: ByName,
    body: TenantChanges,
    response: {
      200: json('The tenant', Tenant),
      ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'no-tenant', 'read-only', 'conflict'),
    },
  };
  app.patch('/v1/tenants/:name', { config: { action: 'operate' }, schema: change }, async (request, reply) => {
    const { name } = await findTenant(service, request.params.name, reply);
    const changed = await vault.setQuota(name, request.body.quota, { signal: clientGone(reply) });
    return reply.send(changed);
  });
}

async function findTenant({ vault }: Service, name: string, reply: FastifyReply): Promise<TenantValue> {
  const found = (await vault.tenants({ signal: clientGone(reply) })).find((tenant) => tenant.name === name);
  if (found === undefined) throw new SealroomError('no-tenant', 'there is no tenant of this name');
  return found;
}
