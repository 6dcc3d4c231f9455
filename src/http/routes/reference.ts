import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** The page's own files, and nothing from elsewhere. It draws with styles that it sets itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the service offers: for programs at `/openapi.json`, for people at `/docs`. */
export async function referenceRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').send(app.swagger()),
  );
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    // No badge: it would be loaded from elsewhere, with the address of this service.
    uiConfig: { validatorUrl: null, deepLinking: true, persistAuthorization: false },
    theme: { title: 'Sealroom', css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }] },
  });
}
