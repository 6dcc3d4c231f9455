import type { FastifyRequest } from 'fastify';
import { callerIn } from '../guard/auth.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { ByFile, LinkRequest, Links, NewLink } from '../contract/access.ts';
import { ById, json, nothing } from '../contract/common.ts';
import { NEEDS_TOKEN, ON_FILES, TAKES_JSON, problems } from '../contract/problem.ts';
import { noteFile } from '../observe/facts.ts';
import type { Service } from '../service.ts';

const tags = ['sharing'];

/** Links, by which others read a file without a token. */
export function linkRoutes(app: HttpApp, service: Service): void {
  const create = {
    tags,
    summary: 'Share a file by a link',
    params: ById,
    body: LinkRequest,
    response: { 201: json('The link, told this once', NewLink), ...problems(...ON_FILES, ...TAKES_JSON) },
  };
  app.post('/v1/files/:id/links', { config: { action: 'publish' }, schema: create }, async (request, reply) => {
    const { principal, tenant } = callerIn(request);
    const { id } = request.params;
    noteFile(request, id);
    const { expires, downloads } = request.body;
    const wanted = { expires, downloads, createdBy: principal.name, signal: clientGone(reply) };
    const made = await service.access.links(tenant).create(id, wanted);
    const url = `${addressOf(service, request)}/s/${made.secret}`;
    return reply
      .code(201)
      .header('location', `/v1/links/${made.id}`)
      .send({ ...made, url });
  });

  const list = {
    tags,
    summary: 'List links that are in force: to one file, or to all',
    querystring: ByFile,
    response: { 200: json('Links, without their secrets', Links), ...problems(...ON_FILES) },
  };
  app.get('/v1/links', { config: { action: 'publish' }, schema: list }, async (request, reply) => {
    const { tenant } = callerIn(request);
    const links = await service.access.links(tenant).list({ file: request.query.file, signal: clientGone(reply) });
    return reply.send({ links });
  });

  const revoke = {
    tags,
    summary: 'Revoke a link: it leads nowhere from then on',
    params: ById,
    response: { 204: nothing('It is revoked'), ...problems(...NEEDS_TOKEN, ...TAKES_JSON, 'no-tenant', 'not-found') },
  };
  app.delete('/v1/links/:id', { config: { action: 'publish' }, schema: revoke }, async (request, reply) => {
    const { tenant } = callerIn(request);
    await service.access.links(tenant).revoke(request.params.id, { signal: clientGone(reply) });
    return reply.code(204).send();
  });
}

/** Where the service is, for whoever is sent there. */
function addressOf({ options }: Service, request: FastifyRequest): string {
  return options.publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
}
