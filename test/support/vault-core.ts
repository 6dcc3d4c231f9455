import { CatalogKeys } from '../../src/vault/keys.ts';
import type { VaultCore } from '../../src/vault/core.ts';
import type { World } from './memory-vault.ts';

/** What the verbs of a world's vault work with, for states that no verb brings about. The caller disposes its keys. */
export function coreOf({ id, pins, ports, clock }: World, changes: Partial<VaultCore> = {}): VaultCore {
  const keys = new CatalogKeys({ vault: id, pins, keyring: ports.keyring, catalog: ports.catalog, now: clock.now });
  const tuning = {
    frameLength: 16,
    segmentLength: 1000,
    uploadSegmentLength: 1000,
    uploadTime: 10_000,
    graceTime: 1000,
    now: clock.now,
  };
  return { id, shards: 1, readOnly: false, ...ports, keys, ...tuning, ...changes };
}
