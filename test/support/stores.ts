/**
 * What the worlds of tests are kept in. In memory, unless `SEALROOM_TEST_STORES` is `aws`: then in S3, DynamoDB and KMS,
 * or what speaks their protocols here.
 */
import type { TestContext } from 'node:test';
import { MemoryBlobs } from '../../src/testing/memory-blobs.ts';
import { MemoryCatalog } from '../../src/testing/memory-catalog.ts';
import type { MemoryCatalogOptions } from '../../src/testing/memory-catalog.ts';
import type { Keyring } from '../../src/ports.ts';
import { freshKeyring } from './fresh-keyring.ts';

/** The stores of one world. What is in them is there to look at and to change, wherever it is kept. */
export interface WorldStores {
  readonly blobs: MemoryBlobs;
  readonly catalog: MemoryCatalog;
  /** With a wrapping key of its own. */
  makeKeyring(): Keyring;
  /** Keys of all that takes up room among the blobs, asked of the store itself. */
  blobKeys(): Promise<string[]>;
}

export type MakeStores = (options: Required<MemoryCatalogOptions>) => WorldStores;

export const onAws: boolean = process.env['SEALROOM_TEST_STORES'] === 'aws';

export const memoryStores: MakeStores = (options) => {
  const blobs = new MemoryBlobs();
  const catalog = new MemoryCatalog(options);
  return { blobs, catalog, makeKeyring: freshKeyring, blobKeys: async () => blobs.keys() };
};

/** How often a property is tried; less often where each time takes many calls of a server. */
export function runs(number: number): { readonly numRuns: number } {
  return { numRuns: onAws ? Math.ceil(number / 5) : number };
}

/** Of cases that differ little, all; where each takes many calls of a server, every so-manieth. */
export function* spread<T>(cases: Iterable<T>, every: number): Generator<T, void, undefined> {
  let i = 0;
  for (const one of cases) if (i++ % (onAws ? every : 1) === 0) yield one;
}

/** True where a test says nothing because the stores are not in memory, which it then says. */
export function needsMemory(t: TestContext, because: string): boolean {
  if (onAws) t.skip(`left out on AWS: ${because}`);
  return onAws;
}
