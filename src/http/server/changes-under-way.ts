import type { Files } from '../../vault/files.ts';
import type { Uploads } from '../../vault/upload/uploads.ts';
import type { Vault } from '../../vault/vault.ts';

/**
 * A vault whose changes can be waited for: a put that was given up still removes what it wrote, after the connection
 * that it came by is gone.
 */
export class ChangesUnderWay {
  readonly vault: Vault;
  readonly #running = new Set<Promise<unknown>>();

  constructor(vault: Vault) {
    this.vault = {
      ...vault,
      tenant: (name) => this.#watched(vault.tenant(name)),
      uploads: (name) => this.#watchedUploads(vault.uploads(name)),
    };
  }

  /** Resolves once none is under way; of those that begin in the meantime, too. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #watched(files: Files): Files {
    return {
      ...files,
      put: (bytes, options) => this.#watch(files.put(bytes, options)),
      update: (id, changes, options) => this.#watch(files.update(id, changes, options)),
      remove: (id, options) => this.#watch(files.remove(id, options)),
    };
  }

  #watchedUploads(uploads: Uploads): Uploads {
    return {
      ...uploads,
      begin: (options) => this.#watch(uploads.begin(options)),
      declareSize: (id, size, options) => this.#watch(uploads.declareSize(id, size, options)),
      append: (id, bytes, options) => this.#watch(uploads.append(id, bytes, options)),
      abandon: (id, options) => this.#watch(uploads.abandon(id, options)),
    };
  }

  #watch<T>(work: Promise<T>): Promise<T> {
    const ended = (): void => void this.#running.delete(work);
    this.#running.add(work);
    work.then(ended, ended);
    return work;
  }
}
