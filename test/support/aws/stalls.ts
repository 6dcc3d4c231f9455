/** Calls of S3, DynamoDB and KMS that are silent for a while in the middle of a file's way, and what must hold then. */
import assert from 'node:assert/strict';
import { collect } from '../../../src/bytes.ts';
import { SealroomError } from '../../../src/errors.ts';
import type { Vault } from '../../../src/vault/vault.ts';
import { outcomeOf } from '../dying.ts';
import type { StoreName } from './proxied-place.ts';
import type { ProxiedRequest } from './faulty-proxy.ts';
import type { Scene } from './scene.ts';

export interface StalledCall {
  /** What is silent. */
  readonly name: string;
  readonly task: 'put' | 'get';
  readonly store: StoreName;
  readonly operation: string;
}

export const STALLED_CALLS: readonly StalledCall[] = [
  { name: 'a part of a put', task: 'put', store: 's3', operation: 'UploadPart' },
  { name: 'the body of a get, in its middle', task: 'get', store: 's3', operation: 'GetObject' },
  { name: 'the commit of a put', task: 'put', store: 'dynamodb', operation: 'TransactWriteItems' },
  { name: 'the data key of a put', task: 'put', store: 'kms', operation: 'GenerateDataKey' },
];

export interface Stall {
  /** An instance behind the proxies of the scene. */
  readonly vault: Vault;
  /** Of the file that is put or got. */
  readonly content: Uint8Array;
  /** How long the first request of its kind is silent. */
  readonly milliseconds: number;
}

export interface StalledOutcome {
  readonly done: boolean;
  /** From the beginning of the put or get to its end. */
  readonly milliseconds: number;
  /** How often the call that was silent was made. */
  readonly tries: number;
}

/**
 * Puts or gets a file while one call is silent.
 *
 * @throws unless it does what it should or fails with an error that says to try again, whatever it did is whole, and a
 * sweep leaves nothing
 */
export async function stall(scene: Scene, call: StalledCall, options: Stall): Promise<StalledOutcome> {
  const { vault, content, milliseconds } = options;
  const files = vault.tenant('default');
  const name = 'stalled';
  const there = call.task === 'get' ? (await scene.vault.tenant('default').put(content, { name })).id : '';
  const before = await scene.ids();
  const proxy = scene.proxies[call.store];
  scene.proxies.taken();
  let stalled: ProxiedRequest | undefined;
  proxy.fault = (request) => {
    if (stalled !== undefined || request.operation !== call.operation) return undefined;
    stalled = request;
    return { kind: 'stall', milliseconds, ...(call.task === 'get' && { answered: content.length / 2 }) };
  };
  const started = performance.now();
  const outcome = await outcomeOf(
    call.task === 'get'
      ? files.get(there).then(({ body }) => collect(body))
      : files.put(content, { name }).then(({ id }) => id),
  );
  const took = performance.now() - started;
  scene.proxies.mend();
  assert.ok(stalled !== undefined, `${call.operation} was never asked for`);
  const { operation, path } = stalled;
  const requests = scene.proxies.taken()[call.store];
  const tries = requests.filter((request) => request.operation === operation && request.path === path).length;

  if (!outcome.done) {
    const { error } = outcome;
    assert.ok(error instanceof SealroomError && error.retryable, String(error));
    assert.deepEqual(await scene.ids(), before, 'a put that failed leaves no file');
  } else if (call.task === 'get') {
    assert.ok(Buffer.from(content).equals(outcome.value as Uint8Array), 'other bytes came back');
  } else {
    const id = outcome.value as string;
    assert.deepEqual((await scene.ids()).toSorted(), [...before, id].toSorted());
    assert.ok(Buffer.from(content).equals(await scene.bytes(id)), 'other bytes were kept');
  }
  await scene.expectNothingLeft();
  return { done: outcome.done, milliseconds: took, tries };
}
