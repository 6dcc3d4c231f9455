/** Calls that are cancelled, streams that are abandoned, sources and keyrings that fail: nothing is left open or unwiped. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { decrypt, decryptRange } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import type { ByteRange } from '../../src/message/frames.ts';
import type { Keyring } from '../../src/ports.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { recordedAccess } from '../support/random-access.ts';
import { staticKeyring } from '../support/static-keyring.ts';
import { TrackedSource, chunked, drain, iteratorOf } from '../support/streams.ts';

const SECRET = patterned(32, 5);
/** Several batches, so that a stream is under way when it is given up. */
const PLAINTEXT = patterned(4 * 1024 * 1024);
const CHUNK = 256 * 1024;
const written = await collect(encrypt(PLAINTEXT, { keyring: staticKeyring(SECRET) }));

const plaintextSource = (failure?: Error): TrackedSource => new TrackedSource(chunked(PLAINTEXT, CHUNK), failure);
const messageSource = (failure?: Error, bytes = written): TrackedSource =>
  new TrackedSource(chunked(bytes, CHUNK), failure);

describe('a stream that is abandoned', () => {
  test('lets go of its source, whenever that happens', async () => {
    for (const reads of [0, 1, 2]) {
      const source = messageSource();
      const own = staticKeyring(SECRET);
      const iterator = iteratorOf((await decrypt(source, { keyring: own })).body);
      for (let read = 0; read < reads; read++) assert.equal((await iterator.next()).done, false);
      await iterator.return!();
      assert.equal(source.returns, 1, `after ${reads} reads`);
      assert.ok(source.taken < PLAINTEXT.length / CHUNK, 'it took everything');
      assert.equal((await iterator.next()).done, true);
      assert.ok(own.given.every(({ wiped }) => wiped));
    }
  });

  test('lets go of the range that it fetched', async () => {
    for (const reads of [0, 1]) {
      const access = recordedAccess(written);
      const { body } = await decryptRange(access, { keyring: staticKeyring(SECRET), range: { start: 0 } });
      const iterator = iteratorOf(body);
      for (let read = 0; read < reads; read++) await iterator.next();
      await iterator.return!();
      assert.equal(access.closed, 2);
      assert.ok(access.taken[1]! < written.length / 2);
    }
  });

  test('lets go of the plaintext that it encrypts, and wipes the data key', async () => {
    for (const reads of [0, 1, 2, 3]) {
      const source = plaintextSource();
      const own = staticKeyring(SECRET);
      const iterator = iteratorOf(encrypt(source, { keyring: own }));
      for (let read = 0; read < reads; read++) await iterator.next();
      await iterator.return!();
      assert.equal(source.closed, source.opened, 'opened and not closed');
      assert.equal(source.opened, reads > 1, 'asked for when the header is out, and not before');
      assert.equal(own.given.length, reads > 0 ? 1 : 0);
      assert.ok(own.given.every(({ wiped }) => wiped));
    }
  });

  test('may be left by a break', async () => {
    const source = messageSource();
    for await (const chunk of (await decrypt(source, { keyring: staticKeyring(SECRET) })).body) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(source.returns, 1);
  });
});

describe('a message that is refused', () => {
  test('lets go of its source and wipes the data key', async () => {
    const changedAt = (at: number): Uint8Array => {
      const changed = written.slice();
      changed[at]! ^= 1;
      return changed;
    };
    for (const [name, bytes] of [
      ['version', changedAt(0)],
      ['header', changedAt(60)],
      ['first frame', changedAt(300)],
    ] as const) {
      const source = messageSource(undefined, bytes);
      const own = staticKeyring(SECRET);
      await assert.rejects(decrypt(source, { keyring: own }), SealroomError, name);
      assert.equal(source.returns, 1, name);
      assert.ok(
        own.given.every(({ wiped }) => wiped),
        name,
      );
    }
  });

  test('late in its body lets go too', async () => {
    const changed = written.slice();
    changed[written.length - 200_000]! ^= 1;
    const source = messageSource(undefined, changed);
    const { bytes, error } = await drain((await decrypt(source, { keyring: staticKeyring(SECRET) })).body);
    assert.ok(error instanceof SealroomError && error.code === 'damaged');
    assert.equal(Buffer.compare(bytes, PLAINTEXT.subarray(0, bytes.length)), 0);
    assert.ok(bytes.length > 0 && bytes.length < PLAINTEXT.length);
    assert.ok(source.closed);
  });
});

describe('a source that fails', () => {
  test('has its own error passed on by encrypt', async () => {
    const failure = new TypeError('the source broke');
    for (const chunks of [[], [patterned(10)], chunked(PLAINTEXT, CHUNK)]) {
      const own = staticKeyring(SECRET);
      const { error } = await drain(encrypt(new TrackedSource(chunks, failure), { keyring: own }));
      assert.equal(error, failure);
      assert.ok(own.given.every(({ wiped }) => wiped));
    }
  });

  test('has its own error passed on by decrypt, in the header and in the body', async () => {
    const failure = new TypeError('the source broke');
    const options = { keyring: staticKeyring(SECRET) };
    for (const length of [0, 1, 50, 100]) {
      const source = new TrackedSource([written.subarray(0, length)], failure);
      assert.equal(await decrypt(source, options).catch((error: unknown) => error), failure);
    }
    const { bytes, error } = await drain(
      (await decrypt(messageSource(failure, written.subarray(0, -50_000)), options)).body,
    );
    assert.equal(error, failure);
    assert.equal(Buffer.compare(bytes, PLAINTEXT.subarray(0, bytes.length)), 0);
  });
});

describe('a keyring that fails', () => {
  const failure = new SealroomError('unavailable', 'it does not answer');
  const failing: Keyring = {
    generate: () => Promise.reject(failure),
    wrap: () => Promise.reject(failure),
    unwrap: () => Promise.reject(failure),
  };

  test('has its error passed on, and no source is opened for nothing', async () => {
    const source = plaintextSource();
    const { bytes, error } = await drain(encrypt(source, { keyring: failing }));
    assert.equal(error, failure);
    assert.equal(bytes.length, 0);
    assert.ok(!source.opened);
    const message = messageSource();
    assert.equal(await decrypt(message, { keyring: failing }).catch((reason: unknown) => reason), failure);
    assert.equal(message.returns, 1);
    const access = recordedAccess(written);
    const ranged = decryptRange(access, { keyring: failing, range: { start: 0 } });
    assert.equal(await ranged.catch((reason: unknown) => reason), failure);
    assert.equal(access.closed, 1);
  });

  test('or has no key of the message makes it the wrong key', async () => {
    const stranger: Keyring = { ...failing, unwrap: () => Promise.resolve(null) };
    const source = messageSource();
    await rejection(decrypt(source, { keyring: stranger }), 'wrong-key');
    assert.equal(source.returns, 1);
  });
});

describe('a call that is cancelled', () => {
  test('before it began does nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const source = plaintextSource();
    const { error } = await drain(encrypt(source, { keyring: staticKeyring(SECRET), signal }));
    assert.ok(error instanceof SealroomError && error.code === 'cancelled');
    assert.equal(source.taken, 0);

    const own = staticKeyring(SECRET);
    const message = messageSource();
    await rejection(decrypt(message, { keyring: own, signal }), 'cancelled');
    assert.equal(message.taken, 0);
    assert.ok(own.given.every(({ wiped }) => wiped));
    await rejection(decryptRange(recordedAccess(written), { keyring: own, range: { start: 0 }, signal }), 'cancelled');
  });

  test('on its way ends with that, lets go and wipes', async () => {
    const controller = new AbortController();
    const source = plaintextSource();
    const own = staticKeyring(SECRET);
    source.onNext = (index) => void (index === 6 && controller.abort());
    const { error } = await drain(encrypt(source, { keyring: own, signal: controller.signal }));
    assert.ok(error instanceof SealroomError && error.code === 'cancelled');
    assert.ok(source.closed && source.taken < PLAINTEXT.length / CHUNK);
    assert.ok(own.given.every(({ wiped }) => wiped));

    const opening = new AbortController();
    const message = messageSource();
    message.onNext = (index) => void (index === 8 && opening.abort());
    const { bytes, error: ended } = await drain(
      (await decrypt(message, { keyring: own, signal: opening.signal })).body,
    );
    assert.ok(ended instanceof SealroomError && ended.code === 'cancelled');
    assert.ok(message.closed && message.taken < PLAINTEXT.length / CHUNK);
    assert.equal(Buffer.compare(bytes, PLAINTEXT.subarray(0, bytes.length)), 0);
  });

  for (const [where, silentFrom] of [
    ['its header', 0],
    ['its first frames', 1],
    ['its body', 200_000],
  ] as const) {
    test(`while a range is silent in ${where} ends at once, and wipes`, { timeout: 10_000 }, async () => {
      const silence = Promise.withResolvers<void>();
      const own = staticKeyring(SECRET);
      const controller = new AbortController();
      let reads = 0;
      // The first stream gives the header, the second the body; a generator that waits cannot be told to end.
      const read = async function* ({ start, end }: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
        const given = reads++ === 0 ? (silentFrom === 0 ? 10 : end) : silentFrom;
        for (const chunk of chunked(written.subarray(start, Math.min(end, start + given)), CHUNK)) yield chunk;
        if (start + given >= end) return;
        silence.resolve();
        await new Promise(() => undefined);
      };
      const access = { size: written.length, read: (range: ByteRange) => Promise.resolve(read(range)) };
      const { signal } = controller;
      const call = decryptRange(access, { keyring: own, range: { start: 0 }, signal }).then(({ body }) => drain(body));
      const outcome = call.catch((error: unknown) => ({ bytes: new Uint8Array(0), error }));
      await silence.promise;
      controller.abort();
      const { bytes, error } = await outcome;
      assert.ok(isSealroomError(error, 'cancelled'));
      assert.equal(Buffer.compare(bytes, PLAINTEXT.subarray(0, bytes.length)), 0);
      assert.equal(bytes.length > 0, silentFrom > 1);
      assert.ok(own.given.every(({ wiped }) => wiped));
    });
  }

  test('while a store does not even open a range ends at once', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const read = (): Promise<never> => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const { signal } = controller;
    const access = { size: written.length, read };
    const call = decryptRange(access, { keyring: staticKeyring(SECRET), range: { start: 0 }, signal });
    await asked.promise;
    controller.abort();
    await rejection(call, 'cancelled');
  });

  test('for a reason of its own ends with that reason', async () => {
    const reason = new SealroomError('interrupted', 'the journal is gone');
    const { error } = await drain(encrypt(PLAINTEXT, { keyring: staticKeyring(), signal: AbortSignal.abort(reason) }));
    assert.equal(error, reason);
  });
});
