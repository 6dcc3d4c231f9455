/** The service over a vault on disk, whose open blobs are counted. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { openAccess } from '../../../src/access/open.ts';
import { createApp } from '../../../src/http/app.ts';
import type { BlobStore } from '../../../src/ports.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { openVault } from '../../../src/vault/vault.ts';
import { makeDiskVault } from '../../support/disk-vault.ts';
import { bearer } from '../../support/http-app.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A blob store that knows what is read of it. */
export class WatchedBlobs implements BlobStore {
  readonly #store: BlobStore;
  /** Blobs that were ever opened to be read. */
  opened = 0;
  /** Those of them that have not been let go. */
  open = 0;
  /** Bytes handed out. */
  read = 0;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  put(...given: Parameters<BlobStore['put']>): Promise<void> {
    return this.#store.put(...given);
  }

  remove(...given: Parameters<BlobStore['remove']>): Promise<void> {
    return this.#store.remove(...given);
  }

  async get(...given: Parameters<BlobStore['get']>): Promise<AsyncIterable<Uint8Array>> {
    const chunks = (await this.#store.get(...given))[Symbol.asyncIterator]();
    this.opened++;
    this.open++;
    let letGo = (): void => {
      this.open--;
      letGo = () => undefined;
    };
    const iterator: AsyncIterator<Uint8Array> = {
      next: async () => {
        try {
          const next = await chunks.next();
          if (next.done) letGo();
          else this.read += next.value.length;
          return next;
        } catch (error) {
          letGo();
          throw error;
        }
      },
      return: async () => {
        await chunks.return?.();
        letGo();
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}

export interface DiskService extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly vault: Vault;
  readonly blobs: WatchedBlobs;
  readonly port: number;
  /** Headers of a reader. */
  readonly reader: { readonly authorization: string };
  /** Value of a metric; undefined when there is none of that name. */
  metric(name: string): Promise<number | undefined>;
}

export async function diskService(): Promise<DiskService> {
  const folder = await temporaryFolder();
  const disk = await makeDiskVault(folder.path);
  const blobs = new WatchedBlobs(disk.ports.blobs);
  const vault = await openVault({ id: disk.place.id, pins: disk.place.pins, ...disk.ports, blobs });
  const access = openAccess(vault);
  const reader = await access.tokens.create({ role: 'reader', tenant: 'default' });
  const monitor = await access.tokens.create({ role: 'reader', tenant: '*' });
  const app = await createApp(vault, { access });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const metric = async (name: string): Promise<number | undefined> => {
    const { body } = await app.inject({ url: '/metrics', headers: bearer(monitor.token) });
    const line = body.split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  const close = async (): Promise<void> => {
    app.server.closeAllConnections();
    await app.close();
    vault[Symbol.dispose]();
    await disk[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  const { port } = app.server.address() as AddressInfo;
  return { app, vault, blobs, port, reader: bearer(reader.token), metric, [Symbol.asyncDispose]: close };
}
