/** Sending one file until it has arrived, over however many lines that break. */
import { SealroomError, throwIfCancelled } from '../../../src/errors.ts';
import type { Clock } from './clock.ts';
import { askedToWait, passes, problemOf } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import type { Outgoing, Transport } from './transport.ts';

/** Whether there is a line; told when it may be back. */
export interface Line {
  /** Returns what stops it. */
  onBack(listener: () => void): () => void;
}

export interface PersevereOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly line: Line;
  /** 0 to 1, evenly. */
  readonly random: () => number;
  readonly onBegun: (id: string) => void;
  /** Before each attempt. */
  readonly onAttempt: () => void;
  readonly onSent: (bytes: number) => void;
  /** Before each pause. */
  readonly onWait: (problem: ProblemCode, until: number) => void;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
/** A line that takes nothing for so long is dead, even when nobody says so. */
const STALLED = 60_000;
/** After the last byte the service may have much to merge. */
const STALLED_AT_END = 5 * 60_000;

/**
 * Resolves when the file is there. What passes is tried again, for as long as it takes: after pauses that grow, and at
 * once when the line comes back.
 *
 * @throws what does not pass
 */
export async function persevere(outgoing: Outgoing, options: PersevereOptions): Promise<void> {
  const { clock, random, onAttempt, onWait, signal } = options;
  let { id } = outgoing;
  let furthest = 0;
  let failures = 0;
  for (;;) {
    throwIfCancelled(signal);
    let reached = furthest;
    try {
      onAttempt();
      return await attempt(
        { ...outgoing, id },
        {
          ...options,
          onBegun: (begun) => {
            id = begun;
            options.onBegun(begun);
          },
          onDurable: (bytes) => {
            reached = Math.max(reached, bytes);
          },
        },
      );
    } catch (error) {
      throwIfCancelled(signal);
      if (!passes(error)) throw error;
      // Only what has arrived counts: what a dead line took into its buffers is no progress.
      failures = reached > furthest ? 1 : failures + 1;
      furthest = reached;
      const pause = Math.max(askedToWait(error), Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
      // Many who lost the same line must not come back together.
      const wait = pause * (1 + random() / 4);
      onWait(problemOf(error), clock.now() + wait);
      await untilNextAttempt(wait, options);
    }
  }
}

interface AttemptOptions extends PersevereOptions {
  readonly onDurable: (bytes: number) => void;
}

async function attempt(outgoing: Outgoing, options: AttemptOptions): Promise<void> {
  const { transport, clock, onBegun, onDurable, onSent, signal } = options;
  const stalled = new AbortController();
  const giveUp = (): void => stalled.abort(new SealroomError('timed-out', 'the line takes nothing'));
  let stop = clock.after(STALLED, giveUp);
  const alive = (limit: number): void => {
    stop();
    stop = clock.after(limit, giveUp);
  };
  try {
    await transport.send(outgoing, {
      onBegun: (id) => {
        alive(STALLED);
        onBegun(id);
      },
      onDurable: (bytes) => {
        alive(STALLED);
        onDurable(bytes);
      },
      onSent: (bytes) => {
        alive(bytes >= outgoing.file.size ? STALLED_AT_END : STALLED);
        onSent(bytes);
      },
      signal: AbortSignal.any([signal, stalled.signal]),
    });
  } finally {
    stop();
  }
}

async function untilNextAttempt(
  wait: number,
  { clock, line, signal }: Pick<PersevereOptions, 'clock' | 'line' | 'signal'>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopTimer = clock.after(wait, resolve);
  const stopLine = line.onBack(resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  stopTimer();
  stopLine();
}
