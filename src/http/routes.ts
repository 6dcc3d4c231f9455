/** The routes: one line a file. */
import cookie from '@fastify/cookie';
import type { IncomingMessage } from 'node:http';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { HttpApp } from './app-types.ts';
import { askWhoCalls } from './guard/auth.ts';
import { pageRoutes } from './page/page-routes.ts';
import { fileContentRoutes } from './routes/file-content.ts';
import { fileCreateRoutes } from './routes/file-create.ts';
import { fileListRoutes } from './routes/file-list.ts';
import { fileMessageRoutes } from './routes/file-message.ts';
import { fileRemoveRoutes } from './routes/file-remove.ts';
import { fileStatRoutes } from './routes/file-stat.ts';
import { fileUpdateRoutes } from './routes/file-update.ts';
import { fileVerifyRoutes } from './routes/file-verify.ts';
import { healthRoutes } from './routes/health.ts';
import { journalRoutes } from './routes/journal.ts';
import { keyRoutes } from './routes/keys.ts';
import { linkRoutes } from './routes/links.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { referenceRoutes } from './routes/reference.ts';
import { sessionRoutes } from './routes/session.ts';
import { shareRoutes } from './routes/share.ts';
import { sweepRoutes } from './routes/sweeps.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { uploadRoutes } from './routes/uploads.ts';
import type { Service } from './service.ts';

/** True for requests whose routes read the body by hand, and say when it may come. */
export function readsItsBody({ method = '', url = '' }: IncomingMessage): boolean {
  const path = url.split('?', 1)[0]!;
  if (method === 'POST') return path === '/v1/files' || path === '/v1/uploads';
  return method === 'PATCH' && path.startsWith('/v1/uploads/');
}

export async function registerRoutes(app: HttpApp, service: Service): Promise<void> {
  // In a scope of its own: routes of plugins have schemas of another kind.
  await app.register(async (scope: HttpApp) => {
    scope.setValidatorCompiler(validatorCompiler);
    // The schemas of answers are for the document: what a vault says is sent as it is.
    scope.setSerializerCompiler(() => JSON.stringify);
    // Before whoever asks who calls: a visit is told by a cookie.
    await scope.register(cookie);
    askWhoCalls(scope, service);
    fileCreateRoutes(scope, service);
    fileListRoutes(scope);
    fileStatRoutes(scope);
    fileUpdateRoutes(scope);
    fileRemoveRoutes(scope);
    fileVerifyRoutes(scope);
    fileContentRoutes(scope, service);
    fileMessageRoutes(scope, service);
    uploadRoutes(scope, service);
    linkRoutes(scope, service);
    ticketRoutes(scope, service);
    tokenRoutes(scope, service);
    tenantRoutes(scope, service);
    keyRoutes(scope, service);
    journalRoutes(scope, service);
    sweepRoutes(scope, service);
    sessionRoutes(scope);
    await shareRoutes(scope, service);
    healthRoutes(scope, service);
    metricsRoutes(scope, service);
    pageRoutes(scope, service);
  });
  await referenceRoutes(app);
}
