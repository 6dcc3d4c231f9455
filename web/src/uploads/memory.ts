/**
 * What this browser knows of uploads that it began, and the service does not: when the file was last changed. Neither
 * names nor anything secret: whoever uses the browser next could read it.
 */

export interface UploadMemory {
  remember(id: string, lastModified: number): void;
  forget(id: string): void;
  /** When the file of an upload was last changed, in milliseconds; undefined where that is not known. */
  lastModifiedOf(id: string): number | undefined;
}

const PREFIX = 'sealroom.upload.';
/** No upload is kept for longer by the service, unless somebody works on it. */
const KEPT_FOR = 30 * 24 * 60 * 60 * 1000;

interface Known {
  readonly lastModified: number;
  readonly at: number;
}

/** One entry for each upload: tabs that write at the same time do not undo each other's. */
export function storedMemory(storage: Storage, now: () => number): UploadMemory {
  for (const key of keysOf(storage)) {
    const known = knownIn(storage, key);
    if (known === undefined || now() - known.at > KEPT_FOR) storage.removeItem(key);
  }
  return {
    remember: (id, lastModified) => {
      try {
        storage.setItem(PREFIX + id, JSON.stringify({ lastModified, at: now() } satisfies Known));
      } catch {
        // Full, or not allowed: the file is then known by its name and size alone.
      }
    },
    forget: (id) => storage.removeItem(PREFIX + id),
    lastModifiedOf: (id) => knownIn(storage, PREFIX + id)?.lastModified,
  };
}

/** For browsers that keep nothing. */
export const noMemory: UploadMemory = {
  remember: () => undefined,
  forget: () => undefined,
  lastModifiedOf: () => undefined,
};

function keysOf(storage: Storage): string[] {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '').filter((key) =>
    key.startsWith(PREFIX),
  );
}

function knownIn(storage: Storage, key: string): Known | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? 'null');
    if (typeof value !== 'object' || value === null || !('lastModified' in value) || !('at' in value)) return undefined;
    const { lastModified, at } = value;
    return typeof lastModified === 'number' && typeof at === 'number' ? { lastModified, at } : undefined;
  } catch {
    return undefined;
  }
}
