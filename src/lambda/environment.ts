/** What an execution environment of Lambda keeps from one event to the next. */

/** Opens something when it is first asked for, and keeps it. A failure is not kept: the next event tries again. */
export function keptOnceOpened<T>(open: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= open().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}
