/** A vault on S3, DynamoDB and KMS, and the same vault behind proxies that break its calls. */
import assert from 'node:assert/strict';
import { collect } from '../../../src/bytes.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { createVault, openVault } from '../../../src/vault/vault.ts';
import type { Vault, VaultTuning } from '../../../src/vault/vault.ts';
import { blobKeysOf, checkPlace, newAwsPlace, openPlace } from './place.ts';
import type { AskingOptions, AwsPlace, AwsServers } from './place.ts';
import { Proxies } from './proxied-place.ts';

/** What is in the file that `reset` makes. */
export const KEPT: Uint8Array = patterned(700, 2);

/** On a place of its own, with a file in it once it is reset. */
export class Scene implements AsyncDisposable {
  readonly place: AwsPlace;
  readonly proxies: Proxies;
  /** Nothing comes between it and its stores. */
  readonly vault: Vault;
  readonly #tuning: VaultTuning;
  readonly #scope: AsyncDisposableStack;
  file = '';

  private constructor(
    parts: Pick<Scene, 'place' | 'proxies' | 'vault'>,
    tuning: VaultTuning,
    scope: AsyncDisposableStack,
  ) {
    this.place = parts.place;
    this.proxies = parts.proxies;
    this.vault = parts.vault;
    this.#tuning = tuning;
    this.#scope = scope;
  }

  static async make(servers: AwsServers, tuning: VaultTuning = {}): Promise<Scene> {
    await using scope = new AsyncDisposableStack();
    const place = scope.use(await newAwsPlace(servers));
    const proxies = scope.use(await Proxies.start(servers));
    const vault = scope.use(await createVault({ ...scope.use(openPlace(place)), ...tuning }));
    return new Scene({ place, proxies, vault }, tuning, scope.move());
  }

  /** Another instance behind the proxies, which knows the key of its tenant. */
  async open(options: Omit<AskingOptions, 'endpoints'> = {}): Promise<Vault> {
    const { endpoints } = this.proxies;
    const { id, pins } = this.vault;
    const ports = this.#scope.use(openPlace(this.place, { endpoints, ...options }));
    const vault = this.#scope.use(await openVault({ id, pins, ...ports, ...this.#tuning }));
    await vault.tenant('default').list();
    return vault;
  }

  /** Exactly one file is there: `file`. */
  async reset(): Promise<void> {
    const files = this.vault.tenant('default');
    for (const { id } of (await files.list()).files) if (id !== this.file) await files.remove(id);
    if ((await this.ids()).length === 0) ({ id: this.file } = await files.put(KEPT, { name: 'kept' }));
    this.proxies.taken();
  }

  async ids(): Promise<string[]> {
    const { files, unreadable } = await this.vault.tenant('default').list();
    assert.deepEqual(unreadable, []);
    return files.map(({ id }) => id);
  }

  async bytes(id: string): Promise<Uint8Array> {
    return collect((await this.vault.tenant('default').get(id)).body);
  }

  check(): Promise<void> {
    return checkPlace(this.place, this.vault);
  }

  /** As if every grace time were over: what is there is then what records list. */
  async expectNothingLeft(): Promise<void> {
    for (let i = 0; i < 2; i++) assert.deepEqual((await this.vault.sweep({ grace: 0 })).failed, []);
    const { files } = await this.vault.tenant('default').list();
    const segments = files.reduce((sum, file) => sum + file.segments.length, 0);
    assert.equal((await blobKeysOf(this.place)).length, segments, 'a blob is left');
    await this.check();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}
