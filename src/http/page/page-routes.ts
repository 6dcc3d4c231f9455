/** The page for people: what was built of it, at the addresses of its views. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '../app-types.ts';
import { clientGone } from '../client-gone.ts';
import { ById } from '../contract/common.ts';
import { refusePath } from '../guard/not-allowed.ts';
import type { Service } from '../service.ts';
import { BuiltPage } from './built-page.ts';
import type { PageFile } from './built-page.ts';
import { WORKER_POLICY, pagePolicy } from './policy.ts';

/** Where its views are; which one it is, the page sees itself. */
const VIEWS = ['/', '/admin'];
const FILE_VIEW = '/file/:id';

/** What an id looks like: an address with anything else in it is none of the page's. */
const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Where the identity provider sends people back to. */
const SIGNED_IN = '/signed-in';

const NOT_BUILT = `The page is not built. Build it with

    npm run build:page

and load this address again. Programs find the service under /v1; what it offers is at /docs.
`;

const POLICY = pagePolicy();
const READ = ['GET', 'HEAD'];
const hidden = { hide: true };
const Named: z.ZodType<{ name: string }> = z.object({ name: z.string() });

export function pageRoutes(app: HttpApp, { access, options }: Service): void {
  const page = new BuiltPage(options.pageFolder);

  const sendDocument = async (request: FastifyRequest, reply: FastifyReply, policy: string): Promise<FastifyReply> => {
    const file = await page.document(request.headers['accept-encoding']);
    if (file === undefined) return reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);
    return sendFile(reply, file, policy);
  };

  for (const url of VIEWS) {
    app.route({
      method: READ,
      url,
      schema: hidden,
      handler: (request, reply) => sendDocument(request, reply, POLICY),
    });
  }

  app.route({
    method: READ,
    url: FILE_VIEW,
    schema: { ...hidden, params: ById },
    handler: async (request, reply) => {
      if (!ID.test(request.params.id)) refusePath();
      return sendDocument(request, reply, POLICY);
    },
  });

  app.route({
    method: READ,
    url: SIGNED_IN,
    schema: hidden,
    handler: async (request, reply) => {
      // Here alone it speaks to the provider. Where that cannot be asked, the page says so.
      const signIn = await access.signIn({ signal: clientGone(reply) }).catch(() => undefined);
      return sendDocument(request, reply, signIn === undefined ? POLICY : pagePolicy(signIn.tokenEndpoint));
    },
  });

  app.route({
    method: READ,
    url: '/page.json',
    schema: hidden,
    handler: async (_request, reply) => reply.send({ oidc: await access.signIn({ signal: clientGone(reply) }) }),
  });

  app.route({
    method: READ,
    url: '/icon.svg',
    schema: hidden,
    handler: async (request, reply) => sendFile(reply, await page.icon(request.headers['accept-encoding'])),
  });

  app.route({
    method: READ,
    url: '/assets/:name',
    schema: { ...hidden, params: Named },
    handler: async ({ params, headers }, reply) =>
      // A worker has the policy that its script came with.
      sendFile(reply, await page.asset(params.name, headers['accept-encoding']), WORKER_POLICY),
  });
}

function sendFile(reply: FastifyReply, file: PageFile | undefined, policy?: string): FastifyReply {
  if (file === undefined) refusePath();
  if (policy !== undefined) reply.header('content-security-policy', policy);
  return reply.headers(file.headers).send(file.bytes);
}
