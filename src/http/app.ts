/** The service: a function of a vault and options. It listens nowhere by itself. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { FailedAttempts } from '../access/attempts.ts';
import { openAccess } from '../access/open.ts';
import type { Access } from '../access/open.ts';
import type { Vault } from '../vault/vault.ts';
import type { SchemaTypes } from './app-types.ts';
import { watchClients } from './client-gone.ts';
import { ConnectionErrors } from './server/connection-errors.ts';
import { allowOrigins } from './guard/cors.ts';
import { errorHandler, problemOf, sendProblem, toldOf } from './errors.ts';
import { keepFacts } from './observe/facts.ts';
import { cutOffIdleClients } from './server/idle-clients.ts';
import { requestLog } from './observe/log.ts';
import { measureAnswers } from './observe/measure.ts';
import { openMetrics } from './observe/metrics.ts';
import { refuseOtherMethods, refuseUnknownPaths, watchPaths } from './guard/not-allowed.ts';
import { documentRoutes } from './contract/openapi.ts';
import { httpOptions } from './options.ts';
import type { GivenHttpOptions, HttpOptions } from './options.ts';
import { openRateLimit } from './guard/rate-limit.ts';
import { readsItsBody, registerRoutes } from './routes.ts';
import { secureHeaders, setSecureHeaders } from './guard/secure-headers.ts';
import type { Service } from './service.ts';
import { openTracing } from './observe/tracing.ts';
import { deferContinue } from './upload/continue.ts';
import { closeAfterUnreadBody } from './upload/unread-body.ts';

export interface AppOptions extends GivenHttpOptions {
  /** Who may come in; the vault's own tokens and links unless given. */
  readonly access?: Access | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  /** What a request is called in logs and in answers that report an error; a fresh random id unless given. */
  readonly requestId?: ((request: Pick<IncomingMessage, 'headers'>) => string) | undefined;
}

/** Most bytes of a JSON body: what a file's name, tags and metadata take, escaped as JSON may. */
const JSON_LIMIT = 256 * 1024;

/** In milliseconds. */
const TIMING = {
  // A client that needs longer for its headers holds a connection and sends nothing of use.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5000,
  // A body may take as long as it takes: a timer of its own ends one that is silent.
  requestTimeout: 0,
  // Longer than a proxy's usual minute, so that it is not the service that closes under a request.
  keepAliveTimeout: 65_000,
};

/** Long enough for every id and secret, so that what is too long is answered like any other that is unknown. */
const LONGEST_PARAMETER = 16 * 1024;

/** Makes the app; it is ready to be given requests. */
export async function createApp(
  vault: Vault,
  { access, now = Date.now, requestId = () => crypto.randomUUID(), ...given }: AppOptions = {},
): Promise<FastifyInstance> {
  const options = httpOptions(given);
  const app = makeFastify(options, requestId);
  const metrics = await openMetrics();
  app.addHook('onClose', () => metrics[Symbol.dispose]());
  const log = requestLog(options.logger);
  // In the order in which a request meets them.
  keepFacts(app);
  watchClients(app);
  measureAnswers(app, { log, metrics, tracing: openTracing(options.tracerProvider) });
  secureHeaders(app);
  closeAfterUnreadBody(app);
  cutOffIdleClients(app, options.idleTimeout);
  await allowOrigins(app, options.corsOrigins);
  const admit = await openRateLimit(app, options.rateLimit);
  refuseUnknownPaths(app);
  app.setErrorHandler(errorHandler(log));
  const paths = watchPaths(app);
  await documentRoutes(app);
  const service: Service = {
    vault,
    access: access ?? openAccess(vault, { now, oidc: options.oidc }),
    options,
    now,
    attempts: new FailedAttempts({ now }),
    admit,
    metrics,
    sayContinue: deferContinue(app, readsItsBody),
  };
  await registerRoutes(app.withTypeProvider<SchemaTypes>(), service);
  refuseOtherMethods(app, paths);
  await app.ready();
  return app;
}

function makeFastify(
  { tls, trustProxy }: HttpOptions,
  requestId: NonNullable<AppOptions['requestId']>,
): FastifyInstance {
  const connectionErrors = new ConnectionErrors();
  return Fastify({
    serverFactory: (handler) =>
      tls === undefined
        ? connectionErrors.watch(createServer(TIMING, handler))
        : connectionErrors.watch(createSecureServer({ ...tls, ...TIMING }, handler)),
    // Its own lines hold addresses of requests: what is logged, `log.ts` says.
    logger: false,
    genReqId: requestId,
    trustProxy: typeof trustProxy === 'object' ? [...trustProxy] : trustProxy,
    bodyLimit: JSON_LIMIT,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    clientErrorHandler: connectionErrors.answer,
    // What the router cannot read, before there is a route whose hooks could run.
    frameworkErrors: (error, request, reply) => {
      setSecureHeaders(reply);
      // No hook looks after a body that follows such an address.
      reply.header('connection', 'close');
      const { code, detail } = toldOf(error, request);
      sendProblem(reply, problemOf(code, detail, request.id));
    },
  });
}
