/** What tests of Sealroom's ports, and of those who implement or use them, are built from. */
export { blobStoreSuite, type BlobStoreSubject } from './blob-store-suite.ts';
export { catalogSuite, type CatalogSubject, type TestClock } from './catalog-suite.ts';
export { Crash, Faults, type Call, type Fault, type Moment } from './faulty.ts';
export { keyringSuite, assertShowsNot, type KeyringSubject } from './keyring-suite.ts';
export { MemoryBlobs, type MemoryBlobsOptions } from './memory-blobs.ts';
export { MemoryCatalog, type MemoryCatalogOptions } from './memory-catalog.ts';
export { rejects } from './rejects.ts';
export { lentChunks, patternBytes, PausedSource, randomBlobKey } from './test-bytes.ts';
export { check, compareAndSwap, newItem, numberData, numberOf, put, remove } from './test-items.ts';
