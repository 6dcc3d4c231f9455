/**
 * Calls of KMS, DynamoDB and S3 that fail, each in turn and each in every way, or many at once: what a vault promises
 * holds, whether the SDK asks again or not, and nothing is left behind.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { Draws } from '../../bench/support/seeded-bytes.ts';
import { collect } from '../../src/bytes.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Vault } from '../../src/vault/vault.ts';
import type { ProxiedRequest, ProxyFault } from '../support/aws/faulty-proxy.ts';
import { blobKeysOf, startAwsServers } from '../support/aws/place.ts';
import { STORES } from '../support/aws/proxied-place.ts';
import type { StoreName, Taken } from '../support/aws/proxied-place.ts';
import { KEPT, Scene } from '../support/aws/scene.ts';
import { STALLED_CALLS, stall } from '../support/aws/stalls.ts';
import { outcomeOf } from '../support/dying.ts';
import type { Outcome } from '../support/dying.ts';

const MEBIBYTE = 1024 * 1024;
const NEW = patterned(900);

/** What each store says when it fails for no reason of ours, and when it is asked too often. */
const FAILURES = {
  kms: { status: 500, code: 'KMSInternalException' },
  dynamodb: { status: 500, code: 'InternalServerError' },
  s3: { status: 500, code: 'InternalError' },
} as const;
const THROTTLED = {
  kms: { status: 400, code: 'ThrottlingException' },
  dynamodb: { status: 400, code: 'ProvisionedThroughputExceededException' },
  s3: { status: 503, code: 'SlowDown' },
} as const;

/** To whoever asks again, all that matters is that the first try took effect. */
function faultsOf(store: StoreName, retried: boolean): ProxyFault[] {
  const failure = FAILURES[store];
  if (retried) return [{ kind: 'lose-answer' }];
  return [{ kind: 'refuse', ...failure }, { kind: 'fail-after', ...failure }, { kind: 'lose-answer' }];
}

/** Frames are so short that a small file has several. Undefined when a server is not installed, which the test then says. */
async function sceneFor(t: TestContext): Promise<Scene | undefined> {
  const servers = await startAwsServers(t);
  if (servers === undefined) return undefined;
  t.after(() => servers[Symbol.asyncDispose]());
  return Scene.make(servers, { frameLength: 256 });
}

interface Row {
  readonly name: string;
  /** Makes more of the scene than a vault with one file. */
  readonly prepare?: (scene: Scene) => Promise<void>;
  readonly run: (vault: Vault, scene: Scene) => Promise<unknown>;
  readonly after: (scene: Scene, outcome: Outcome) => Promise<void>;
  /** What the row is about: without any of these it would have a hole. */
  readonly asks: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: 'put',
    run: (vault) => vault.tenant('default').put(NEW, { name: 'new' }),
    after: async (scene, outcome) => {
      const ids = await scene.ids();
      if (!outcome.done) return assert.deepEqual(ids, [scene.file], 'a put that failed leaves no file');
      const { id } = outcome.value as { id: string };
      assert.deepEqual(ids.toSorted(), [scene.file, id].toSorted());
      assert.deepEqual(await scene.bytes(id), NEW);
    },
    asks: ['GenerateDataKey', 'PutItem', 'PutObject', 'TransactWriteItems'],
  },
  {
    name: 'get, whole and by range',
    run: async (vault, { file }) => {
      const files = vault.tenant('default');
      assert.deepEqual(await collect((await files.get(file)).body), KEPT);
      const range = { start: 300, end: 600 };
      assert.deepEqual(await collect((await files.get(file, { range })).body), KEPT.slice(range.start, range.end));
    },
    after: async (scene) => assert.deepEqual(await scene.ids(), [scene.file]),
    asks: ['Decrypt', 'GetItem', 'GetObject'],
  },
  {
    name: 'update',
    run: (vault, { file }) => vault.tenant('default').update(file, { name: 'other' }),
    after: async (scene, outcome) => {
      const { name } = await scene.vault.tenant('default').stat(scene.file);
      assert.ok(name === 'other' || (!outcome.done && name === 'kept'), name);
      await scene.vault.tenant('default').update(scene.file, { name: 'kept' });
      assert.deepEqual(await scene.bytes(scene.file), KEPT);
    },
    asks: ['GetItem', 'PutItem'],
  },
  {
    name: 'remove',
    run: (vault, { file }) => vault.tenant('default').remove(file),
    after: async (scene, outcome) => {
      const ids = await scene.ids();
      if (outcome.done) assert.deepEqual(ids, []);
      else if (ids.length > 0) assert.deepEqual(await scene.bytes(scene.file), KEPT);
    },
    asks: ['TransactWriteItems', 'DeleteObject', 'DeleteItem'],
  },
  {
    name: 'sweep over what a put left',
    prepare: leaveBlob,
    run: async (vault) => {
      const reports = [await vault.sweep({ grace: 0 }), await vault.sweep({ grace: 0 })];
      for (const { failed } of reports) for (const error of failed) throw error;
    },
    after: async (scene) => assert.deepEqual(await scene.bytes(scene.file), KEPT),
    asks: ['Query', 'PutItem', 'DeleteObject', 'DeleteItem'],
  },
];

/** A put that dies before its commit: nobody cleans up after it. */
async function leaveBlob(scene: Scene): Promise<void> {
  const { proxies } = scene;
  const vault = await scene.open({ tries: { maxAttempts: 1 } });
  proxies.taken();
  // All that comes after the blob is refused.
  proxies.dynamodb.fault = () =>
    proxies.s3.requests.length > 0 ? { kind: 'refuse', ...FAILURES.dynamodb } : undefined;
  proxies.s3.fault = (_, index) => (index > 0 ? { kind: 'refuse', ...FAILURES.s3 } : undefined);
  const put = vault.tenant('default').put(NEW, { name: 'left' });
  await assert.rejects(put, (error) => isSealroomError(error, 'unavailable'));
  proxies.mend();
  proxies.taken();
  assert.equal((await blobKeysOf(scene.place)).length, 2);
}

/** Runs a row with one fault, and looks at everything. */
async function runFault(
  row: Row,
  scene: Scene,
  {
    vault,
    at,
    retried,
    most,
  }: { vault: Vault; at: readonly [StoreName, number, ProxyFault]; retried: boolean; most: number },
): Promise<void> {
  const [store, call, fault] = at;
  const { proxies } = scene;
  await scene.reset();
  await row.prepare?.(scene);
  proxies[store].fault = (_, index) => (index === call ? fault : undefined);
  const outcome = await outcomeOf(row.run(vault, scene));
  proxies.mend();
  const asked = Object.values(proxies.taken()).flat().length;
  assert.ok(asked <= most, `${asked} requests were made, and ${most} are bounded`);
  if (!outcome.done) {
    assert.ok(!retried, `it was tried again, and failed all the same: ${String(outcome.error)}`);
    assert.ok(outcome.error instanceof SealroomError && outcome.error.retryable, String(outcome.error));
  }
  await scene.check();
  await row.after(scene, outcome);
  await scene.expectNothingLeft();
}

/** How many requests a fault may cost: a try more, what finds out what became of it, and what cleans up, twice. */
const MORE = 10;

async function collectFile(vault: Vault, id: string): Promise<Uint8Array> {
  return collect((await vault.tenant('default').get(id)).body);
}

/** At once, because each has a place of its own, and waits much of the time; two of two, because others are busy. */
describe('a vault on S3, DynamoDB and KMS', { concurrency: 2 }, () => {
  describe('a fault at every call', () => {
    for (const row of rows) {
      test(`of ${row.name} breaks no promise and leaves nothing behind`, async (t) => {
        await using scene = await sceneFor(t);
        if (scene === undefined) return;
        let faults = 0;
        for (const maxAttempts of [1, undefined]) {
          const retried = maxAttempts !== 1;
          const vault = await scene.open({ tries: { maxAttempts } });
          await scene.reset();
          await row.prepare?.(scene);
          await row.run(vault, scene);
          const calls: Taken = scene.proxies.taken();
          const operations = new Set<string>(
            Object.values(calls)
              .flat()
              .map(({ operation }) => operation),
          );
          for (const operation of row.asks) assert.ok(operations.has(operation), `${row.name} asks ${operation}`);
          const most = Object.values(calls).flat().length + MORE;
          for (const store of STORES) {
            for (const [call, { operation }] of calls[store].entries()) {
              for (const fault of faultsOf(store, retried)) {
                faults++;
                try {
                  await runFault(row, scene, { vault, at: [store, call, fault], retried, most });
                } catch (error) {
                  const times = retried ? 'tried again' : 'tried once';
                  throw new Error(`${operation}, call ${call + 1} of ${store}, ${fault.kind}, ${times}`, {
                    cause: error,
                  });
                }
              }
            }
          }
        }
        t.diagnostic(`${faults} faults`);
      });
    }
  });

  describe('a store that fails all the time', () => {
    for (const store of STORES) {
      test(`(${store}) is asked a bounded number of times, and the error says to try again`, async (t) => {
        await using scene = await sceneFor(t);
        if (scene === undefined) return;
        await scene.reset();
        const vault = await scene.open({ tries: { maxAttempts: 3 } });
        const files = vault.tenant('default');
        for (const task of [() => files.put(NEW, { name: 'n' }), () => collectFile(vault, scene.file)]) {
          scene.proxies.taken();
          scene.proxies[store].fault = () => ({ kind: 'refuse', ...FAILURES[store] });
          await assert.rejects(task(), (error) => isSealroomError(error, 'unavailable'));
          scene.proxies.mend();
          const asked: number = scene.proxies.taken()[store].length;
          assert.ok(asked >= 3 && asked <= 4 * 3, `${asked} requests`);
        }
        assert.deepEqual(await scene.ids(), [scene.file]);
        await scene.expectNothingLeft();
      });
    }
  });

  test('three calls in ten that are throttled slow everything down, and change nothing', async (t) => {
    await using scene = await sceneFor(t);
    if (scene === undefined) return;
    const { proxies } = scene;
    const vault = await scene.open();
    const seed = Date.now();
    const draws = new Draws(seed);
    for (const store of STORES) {
      proxies[store].fault = () => (draws.below(10) < 3 ? { kind: 'refuse', ...THROTTLED[store] } : undefined);
    }
    proxies.taken();
    const files = vault.tenant('default');
    const work = async (i: number): Promise<string | undefined> => {
      const { id } = await files.put(patterned(500, i), { name: `${i}` });
      assert.deepEqual(await collectFile(vault, id), patterned(500, i));
      if (i % 2 === 0) return id;
      await files.remove(id);
      return undefined;
    };
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => outcomeOf(work(i))));
    proxies.mend();
    const asked = Object.values(proxies.taken()).flat().length;
    const failed = outcomes.filter((outcome) => !outcome.done);
    t.diagnostic(`seed ${seed}: ${asked} requests, ${failed.length} of ${outcomes.length} gave up`);
    for (const { error } of failed as { error: unknown }[])
      assert.ok(isSealroomError(error, 'unavailable'), String(error));
    // Six tries in a row are throttled once in more than a thousand calls.
    assert.ok(failed.length <= 4, `${failed.length} gave up`);
    const ids = await scene.ids();
    for (const outcome of outcomes)
      if (outcome.done && outcome.value !== undefined) assert.ok(ids.includes(outcome.value as string));
    await scene.check();
    await scene.expectNothingLeft();
  });

  describe('a connection', () => {
    const PARTS = { partSize: 7 * MEBIBYTE, parts: 2 };
    const LARGE = patterned(15 * MEBIBYTE);
    const secondOf =
      (operation: string, fault: ProxyFault, seen = { count: 0 }) =>
      (request: ProxiedRequest): ProxyFault | undefined =>
        request.operation === operation && ++seen.count === 2 ? fault : undefined;

    for (const maxAttempts of [undefined, 1]) {
      test(`that is cut in the middle of a part ${maxAttempts === 1 ? 'fails the put, and leaves no upload' : 'costs that part alone'}`, async (t) => {
        await using scene = await sceneFor(t);
        if (scene === undefined) return;
        const vault = await scene.open({ blobs: PARTS, tries: { maxAttempts } });
        scene.proxies.taken();
        scene.proxies.s3.fault = secondOf('UploadPart', { kind: 'cut-request', bytes: 3 * MEBIBYTE });
        const outcome = await outcomeOf(vault.tenant('default').put(LARGE, { name: 'large' }));
        scene.proxies.mend();
        const { s3 } = scene.proxies.taken();
        const parts = s3.filter(({ operation }) => operation === 'UploadPart').length;
        await scene.check();
        if (maxAttempts === 1) {
          assert.ok(!outcome.done && isSealroomError(outcome.error, 'unavailable'));
          assert.deepEqual(await scene.ids(), []);
        } else {
          assert.ok(outcome.done);
          assert.equal(parts, 3 + 1);
          assert.ok(Buffer.from(LARGE).equals(await scene.bytes((outcome.value as { id: string }).id)));
        }
        await scene.expectNothingLeft();
      });
    }

    test('that is cut in the middle of a download is opened again where it broke', async (t) => {
      await using scene = await sceneFor(t);
      if (scene === undefined) return;
      const vault = await scene.open();
      const { id } = await scene.vault.tenant('default').put(LARGE, { name: 'large' });
      scene.proxies.taken();
      scene.proxies.s3.fault = (_, index) => (index === 0 ? { kind: 'cut-answer', bytes: 5 * MEBIBYTE } : undefined);
      assert.ok(Buffer.from(LARGE).equals(await collectFile(vault, id)));
      assert.equal(scene.proxies.s3.count('GetObject'), 2);
    });
  });

  describe('a stall, at the hundredth of its size', () => {
    const content = patterned(15 * MEBIBYTE);
    const blobs = { partSize: 7 * MEBIBYTE, parts: 2 };
    /**
     * In the place of 30 s. On a busy machine what does not stall takes longer, too, and is asked again, which is within
     * what must hold: longer than in proportion, so that this is rare.
     */
    const silenceTimeout = 500;

    for (const call of STALLED_CALLS) {
      test(`of ${call.name}: 200 ms for 20 s are waited for, and 5 s are given up and asked again`, async (t) => {
        const servers = await startAwsServers(t);
        if (servers === undefined) return;
        t.after(() => servers[Symbol.asyncDispose]());
        await using scene = await Scene.make(servers);
        const vault = await scene.open({ blobs, tries: { silenceTimeout } });
        const short = await stall(scene, call, { vault, content, milliseconds: 200 });
        assert.ok(short.tries === 1 || short.milliseconds > silenceTimeout, 'it was given up before its time');
        const long = await stall(scene, call, { vault, content, milliseconds: 5000 });
        assert.ok(long.tries >= 2, 'it was not asked again');
      });
    }
  });
});
