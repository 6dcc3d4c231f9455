/** Sweeps inside the service, so that nobody has to remember them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { SealroomError } from '../../errors.ts';
import type { Vault } from '../../vault/vault.ts';

export interface SweeperOptions {
  readonly vault: Pick<Vault, 'lease' | 'sweep'>;
  /** From one sweep to the next, in milliseconds. */
  readonly every: number;
  readonly logger?: FastifyBaseLogger | undefined;
  /** Ends it; a sweep under way is given up, which does no harm. */
  readonly signal: AbortSignal;
}

/** The lease that picks one of several services on a vault: it saves work, and nothing depends on it. */
const LEASE = 'sweep';
/** How much of the time between sweeps is left to chance, so that services started together do not all come at once. */
const JITTER = 0.2;

/** Sweeps from time to time, one sweep after the other; resolves once it was told to end and did. Never rejects. */
export async function sweepRegularly({ vault, every, logger, signal }: SweeperOptions): Promise<void> {
  while (await waited(every * (1 - JITTER * Math.random()), signal)) {
    try {
      // Until about when the next one is due, whoever does that.
      if (!(await vault.lease(LEASE, every, { signal }))) continue;
      await sweepOnce(vault, { logger, signal });
    } catch (error) {
      if (!signal.aborted) logger?.error({ code: codeOf(error) }, 'a sweep failed');
    }
  }
}

/** Does one sweep, and logs what it did: in numbers and codes, without names. */
export async function sweepOnce(
  vault: Pick<Vault, 'sweep'>,
  { logger, signal }: Pick<SweeperOptions, 'logger' | 'signal'>,
): Promise<void> {
  const { failed, ...counts } = await vault.sweep({ signal });
  logger?.info({ ...counts, failed: failed.length }, 'swept');
  for (const error of failed) logger?.error({ code: error.code }, 'a sweep left something to the next');
}

/** False when it is to end. */
async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof SealroomError ? error.code : 'unexpected';
}
