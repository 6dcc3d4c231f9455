/**
 * Functions for AWS Lambda, Node.js runtime: `handler` for a function URL that streams its answers, `sweep` for a
 * schedule. The environment names the vault (`SEALROOM_ID`, `SEALROOM_PINS`, `SEALROOM_KEYS`, `SEALROOM_BLOBS`,
 * `SEALROOM_CATALOG`), or a `sealroom.json` in the folder `SEALROOM_VAULT`. It is opened once in each execution
 * environment. What a function in Lambda cannot do stands in docs/operations.md.
 */
import type { FastifyInstance } from 'fastify';
import { openVaultAt } from '../compose/open.ts';
import { loadConfig, vaultFolder } from '../config/config.ts';
import { createLogger } from '../http/observe/log.ts';
import { keptOnceOpened } from './environment.ts';
import { functionUrlHandler } from './handler.ts';
import { lambdaRuntime } from './runtime.ts';
import type { InvocationContext, StreamingHandler } from './runtime.ts';
import { sweepHandler } from './sweep.ts';

const logger = createLogger();

const configured = keptOnceOpened(async () => {
  const config = await loadConfig(vaultFolder(undefined));
  const { vault } = await openVaultAt(config, {
    onExposed: (path) => logger.warn({ path }, 'a key file can be read by others'),
    onNotice: (text) => logger.warn(text),
  });
  return { vault, http: config.http };
});

const app = keptOnceOpened(async (): Promise<FastifyInstance> => {
  // Not for the function that sweeps.
  const { appInLambda } = await import('./app.ts');
  const { vault, http } = await configured();
  return appInLambda(vault, { http, logger });
});

const runtime = lambdaRuntime();

/** Answers requests that come by the function URL. */
export const handler: StreamingHandler = runtime.streamifyResponse(
  functionUrlHandler({ app, streams: runtime.HttpResponseStream, logger }),
);

/** Does one sweep, whatever the event says. */
export const sweep: (event: unknown, context: InvocationContext) => Promise<void> = sweepHandler({
  vault: async () => (await configured()).vault,
  logger,
});
