/** A sweep as a function of its own, for a schedule: between requests nothing runs in Lambda, and so no sweeper. */
import type { FastifyBaseLogger } from 'fastify';
import { describeError } from '../http/observe/log.ts';
import { sweepOnce } from '../http/server/sweeper.ts';
import type { Vault } from '../vault/vault.ts';
import type { InvocationContext } from './runtime.ts';

/** How long before Lambda ends the function a sweep is given up, in milliseconds: for what it has under way, and the log. */
const MARGIN = 5000;

export interface SweepHandlerOptions {
  readonly vault: () => Promise<Pick<Vault, 'sweep'>>;
  readonly logger?: FastifyBaseLogger | undefined;
}

/** Sweeps once, and logs what it did. One that fails, or runs out of time, is an error of the function. */
export function sweepHandler({
  vault,
  logger,
}: SweepHandlerOptions): (event: unknown, context: InvocationContext) => Promise<void> {
  return async (_event, context) => {
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - MARGIN));
    try {
      await sweepOnce(await vault(), { logger, signal });
    } catch (error) {
      const message = signal.aborted ? 'a sweep ran out of time: the next goes on with what is left' : 'a sweep failed';
      logger?.error({ error: describeError(error) }, message);
      throw error;
    }
  };
}
