/**
 * What whoever was sent a link sees. Looking uses nothing up, as chat programs look at every link that is sent: only the
 * button, or `?download`, counts one, and gives a cookie for this link alone under which ranges and retries are free.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SharedFile } from '../../access/open.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { Stat } from '../../vault/files.ts';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { Binary, PUBLIC, answer, nothing } from '../contract/common.ts';
import { problems } from '../contract/problem.ts';
import { factsOf, noteFile } from '../observe/facts.ts';
import type { Service } from '../service.ts';
import { SHARE_POLICY, notFoundPage, sharePage } from './share-page.ts';
import { sendContent } from './file-content.ts';
import { publicPath } from '../public-path.ts';
import { giveVisit, visitOf } from '../visit-cookie.ts';

const BySecret: z.ZodType<{ secret: string }> = z.object({ secret: z.string().describe('What the link ends with') });

const PageQuery: z.ZodType<{ download?: string | undefined }> = z.object({
  download: z.string().optional().describe('When there, counts one and answers with the file'),
});

const Page = z.string();
const HTML = 'text/html';

const about = { tags: ['sharing'], security: PUBLIC, params: BySecret };
const { 404: _unknown, ...refusals } = problems('cannot-open', 'precondition-failed', 'range-not-satisfiable');
const notFound = { 404: answer('Whatever is not in force', { [HTML]: Page }) };

export async function shareRoutes(app: HttpApp, service: Service): Promise<void> {
  await app.register(async (scope: HttpApp) => {
    // A form without fields: whatever comes is passed over.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume();
      done(null);
    });
    registerPage(scope, service);
    registerButton(scope, service);
    registerContent(scope, service);
  });
}

function registerPage(app: HttpApp, service: Service): void {
  const schema = {
    ...about,
    summary: 'The page of a link',
    querystring: PageQuery,
    response: {
      200: answer('The page, or the file', { [HTML]: Page, '*/*': Binary }),
      206: answer('The ranges; several of them as `multipart/byteranges`', { '*/*': Binary }),
      304: nothing('What the client has is what there is'),
      ...notFound,
      ...refusals,
    },
  };
  app.get('/s/:secret', { schema }, async (request, reply) => {
    const { secret } = request.params;
    if (request.query.download !== undefined && isMeant(request)) {
      return sendCounted(service, request, { reply, secret });
    }
    const shared = await service.access.shared(secret, { visit: visitOf(request), signal: clientGone(reply) });
    const stat = shared && (await statOf(service, shared, reply));
    if (stat === undefined) return sendNotFound(reply);
    noteShared(request, shared!);
    return sendPage(reply, sharePage({ name: stat.name, size: stat.size, action: pathOf(service, secret) }));
  });
}

function registerButton(app: HttpApp, service: Service): void {
  const schema = {
    ...about,
    summary: 'The button: counts one, and leads to the file',
    response: { 303: nothing('To the file, with a cookie for this link'), ...notFound, ...refusals },
  };
  app.post('/s/:secret', { schema }, async (request, reply) => {
    const { secret } = request.params;
    const shared = await service.access.shared(secret, { visit: visitOf(request), signal: clientGone(reply) });
    if (shared === undefined) return sendNotFound(reply);
    noteShared(request, shared);
    if (!(await enter(service, request, { reply, secret, visited: shared.visited }))) return sendNotFound(reply);
    return reply.redirect(`${pathOf(service, secret)}/content`, 303);
  });
}

function registerContent(app: HttpApp, service: Service): void {
  const schema = {
    ...about,
    summary: 'The file, for whoever has the cookie',
    response: {
      200: answer('The file', { '*/*': Binary }),
      206: answer('The ranges; several of them as `multipart/byteranges`', { '*/*': Binary }),
      304: nothing('What the client has is what there is'),
      ...notFound,
      ...refusals,
    },
  };
  app.route({
    method: ['GET', 'HEAD'],
    url: '/s/:secret/content',
    schema,
    handler: async (request, reply) => {
      const visit = visitOf(request);
      const shared = await service.access.shared(request.params.secret, { visit, signal: clientGone(reply) });
      // Without a visit it would be a download that nobody counted.
      if (shared?.visited !== true) return sendNotFound(reply);
      return sendShared(service, request, { reply, shared });
    },
  });
}

/** Whether somebody wants it: not one who asks for the headers only, or a browser that guesses what comes next. */
function isMeant({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && !/\bprefetch\b/.test(String(headers['sec-purpose'] ?? headers['purpose'] ?? ''));
}

/** Within a visit it is the same download again. Otherwise this counts one, and begins a visit; false when it cannot. */
async function enter(
  service: Service,
  request: FastifyRequest,
  { reply, secret, visited }: { readonly reply: FastifyReply; readonly secret: string; readonly visited: boolean },
): Promise<boolean> {
  if (visited) return true;
  const visit = await service.access.use(secret, { signal: clientGone(reply) });
  // Not `strict`: the same link, followed once more from a chat, is the same visit.
  if (visit !== undefined) giveVisit(service, { request, reply }, { ...visit, path: pathIn(secret), sameSite: 'lax' });
  return visit !== undefined;
}

/** The file in one step. An answer without bytes, by a condition or a range that cannot be, counts nothing. */
async function sendCounted(
  service: Service,
  request: FastifyRequest,
  { reply, secret }: { readonly reply: FastifyReply; readonly secret: string },
): Promise<FastifyReply> {
  const signal = clientGone(reply);
  const shared = await service.access.shared(secret, { visit: visitOf(request), signal });
  if (shared === undefined) return sendNotFound(reply);
  const { visited } = shared;
  const onOpened = async (): Promise<void> => {
    // Somebody else had the last one.
    if (!(await enter(service, request, { reply, secret, visited }))) throw notInForce();
  };
  return sendShared(service, request, { reply, shared, onOpened });
}

function notInForce(): SealroomError {
  return new SealroomError('not-found', 'the link is not in force');
}

function pathOf(service: Service, secret: string): string {
  return publicPath(service, pathIn(secret));
}

function pathIn(secret: string): string {
  return `/s/${encodeURIComponent(secret)}`;
}

async function statOf(
  { vault }: Service,
  { tenant, file }: SharedFile,
  reply: FastifyReply,
): Promise<Stat | undefined> {
  try {
    return await vault.tenant(tenant).stat(file, { signal: clientGone(reply) });
  } catch (error) {
    if (isSealroomError(error, 'not-found') || isSealroomError(error, 'no-tenant')) return undefined;
    throw error;
  }
}

function noteShared(request: FastifyRequest, { tenant, file }: SharedFile): void {
  factsOf(request).tenant = tenant;
  noteFile(request, file);
}

async function sendShared(
  service: Service,
  request: FastifyRequest,
  {
    reply,
    shared,
    onOpened,
  }: { readonly reply: FastifyReply; readonly shared: SharedFile; readonly onOpened?: () => Promise<void> },
): Promise<FastifyReply> {
  noteShared(request, shared);
  const files = service.vault.tenant(shared.tenant);
  try {
    return await sendContent(service, request, reply, { files, id: shared.file, disposition: 'attachment', onOpened });
  } catch (error) {
    if (isSealroomError(error, 'not-found')) return sendNotFound(reply);
    throw error;
  }
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.header('content-security-policy', SHARE_POLICY).type('text/html; charset=utf-8').send(html);
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return sendPage(reply.code(404), notFoundPage());
}
