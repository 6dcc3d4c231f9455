import { cancelled, throwIfCancelled } from './errors.ts';

/**
 * A stream of chunks that fails with `cancelled` as soon as the signal fires, even while its source is silent.
 * The source's own errors pass through unchanged.
 */
export async function* cancellableChunks(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  throwIfCancelled(signal);
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let state: 'asked' | 'lent' | 'done' = 'asked';
  try {
    for (;;) {
      throwIfCancelled(signal);
      state = 'asked';
      const next = await orCancelled(iterator.next(), signal);
      if (next.done) {
        state = 'done';
        return;
      }
      state = 'lent';
      yield next.value;
    }
  } finally {
    const closed = state === 'done' ? undefined : close(iterator);
    // A source that is silent answers `return` no sooner than `next`: waiting for it would undo the cancelling.
    if (state === 'asked') closed?.catch(() => undefined);
    else await closed;
  }
}

async function close(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  await iterator.return?.();
}

/**
 * Waits, but no longer than until the signal fires.
 *
 * A listener for each wait: a race against one promise that lives as long as the stream would grow with it.
 */
export async function orCancelled<T>(waiting: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return waiting;
  throwIfCancelled(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
