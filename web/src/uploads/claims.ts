/**
 * Which uploads the tabs of this browser have the files of: what one tab sends is not unfinished to another. A tab that
 * is closed lets go of its claims by itself.
 */

export interface UploadClaims {
  /** Claims an upload. Returns what gives it back. */
  claim(id: string): () => void;
  /** Whether any tab has claimed it, of those that were asked for. */
  claimed(): Promise<ReadonlySet<string>>;
}

const PREFIX = 'sealroom.upload.';

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(name: string, options: { readonly mode: 'shared' }, whileHeld: () => Promise<void>): Promise<unknown>;
  query(): Promise<{ readonly held?: readonly { readonly name?: string | undefined }[] | undefined }>;
}

export function lockedClaims(locks: Locks): UploadClaims {
  return {
    claim: (id) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      // Shared: it says that somebody has the file, and keeps nobody out.
      locks.request(PREFIX + id, { mode: 'shared' }, () => promise).catch(() => undefined);
      return resolve;
    },
    claimed: async () => {
      const { held = [] } = await locks.query();
      const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX));
      return new Set(names.map((name) => name.slice(PREFIX.length)));
    },
  };
}

/** For pages that came by plain HTTP from another machine, which have no locks: tabs do not know of each other. */
export const noClaims: UploadClaims = { claim: () => () => undefined, claimed: () => Promise.resolve(new Set()) };
