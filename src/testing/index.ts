/** For whoever implements a port, or tests what stands on them: the suites of the law, stores in memory, and faults. */
export { blobStoreSuite, type BlobStoreSubject } from './blob-store-suite.ts';
export { catalogSuite, type CatalogSubject, type CatalogSuiteOptions, type TestClock } from './catalog-suite.ts';
export { keyringSuite, type KeyringSubject } from './keyring-suite.ts';
export { MemoryBlobs, type MemoryBlobsOptions } from './memory-blobs.ts';
export { MemoryCatalog, type MemoryCatalogOptions } from './memory-catalog.ts';
export { checkVault, findViolations, type CheckedVault } from './check.ts';
export { Crash, Faults, type Call, type Fault, type Moment } from './faulty.ts';
