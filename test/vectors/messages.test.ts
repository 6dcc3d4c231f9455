/** Every published message through every door of the engine. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { decrypt, decryptRange } from '../../src/envelope/decrypt.ts';
import { deriveKeys } from '../../src/envelope/derive.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import type { OpenOptions } from '../../src/envelope/open-header.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { suiteOf } from '../../src/message/suites.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { PublishedMessages, messagesAbsent, remembering } from '../support/messages.ts';
import type { PublishedMessage } from '../support/messages.ts';
import { decryptAll, expectRefusal } from '../support/opened.ts';
import { recordedAccess } from '../support/random-access.ts';
import { referenceOpen } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';
import { chunked } from '../support/streams.ts';

/** Messages whose keys are not here yet, by type of key. */
const WAITING: Readonly<Record<string, number>> = { 'raw-ecdh': 50, hierarchy: 7 };

const RANGES_PER_MESSAGE = 10;

describe('the published messages', { skip: messagesAbsent }, () => {
  let published: PublishedMessages;
  let offline: readonly PublishedMessage[];
  let run: readonly PublishedMessage[];
  let good: readonly PublishedMessage[];
  /** Data keys that the keyrings under test unwrapped, so that the other doors need not do it again. */
  const secrets = new Map<string, Uint8Array>();

  before(() => {
    published = new PublishedMessages();
    offline = published.all.filter((entry) => entry.offline);
    run = offline.filter((entry) => published.missingKeys(entry).length === 0);
    good = run.filter(({ expect }) => expect === 'ok');
  });

  const optionsFor = (entry: PublishedMessage): OpenOptions => ({
    keyring: secrets.has(entry.id) ? staticKeyring(secrets.get(entry.id)) : published.keyring(entry),
    context: entry.requiredEc?.reproduced,
    allowUncommitted: true,
    ...entry.limits,
  });

  test('are all here, and those that wait for a kind of key are counted', (t) => {
    assert.equal(published.all.length, 808);
    assert.equal(offline.length, 735);
    const waiting = new Map<string, string[]>();
    for (const entry of offline) {
      const [type] = published.missingKeys(entry);
      if (type !== undefined) waiting.set(type, [...(waiting.get(type) ?? []), entry.id]);
    }
    for (const [type, ids] of waiting) {
      t.diagnostic(`${ids.length} messages wait for ${type}:`);
      for (const id of ids) t.diagnostic(`  ${id}`);
    }
    assert.deepEqual(Object.fromEntries([...waiting].map(([type, ids]) => [type, ids.length])), WAITING);
    assert.equal(run.length, 678);
    assert.equal(good.length, 658);
  });

  test('open whole with the keys they were published with', async () => {
    for (const entry of good) {
      const { keyring, secret } = remembering(published.keyring(entry));
      const { suite, context, body } = await decrypt(entry.message, { ...optionsFor(entry), keyring });
      const plaintext = await collect(body);
      assert.equal(suite, `0x${entry.suite}`, entry.id);
      // One was published without its plaintext; its length is known.
      if (entry.plaintext === undefined) assert.equal(plaintext.length, entry.plaintextLength, entry.id);
      else assert.deepEqual(plaintext, entry.plaintext, entry.id);
      for (const [name, value] of Object.entries(entry.requiredEc?.reproduced ?? {})) {
        assert.equal(context[name], value, entry.id);
      }
      secrets.set(entry.id, secret());
    }
    assert.equal(good.filter(({ plaintext }) => plaintext === undefined).length, 1);
  });

  test('open byte by byte', async () => {
    for (const entry of good) {
      const { body } = await decrypt(fineChunks(entry), optionsFor(entry));
      const plaintext = await collect(body);
      if (entry.plaintext !== undefined) assert.deepEqual(plaintext, entry.plaintext, entry.id);
    }
  });

  test('open from Buffers that share their memory with others, and change once they are given back', async () => {
    for (const entry of good.filter(({ id }) => secrets.has(id))) {
      const pool = Buffer.alloc(8192 + 3);
      const lent = async function* (): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < entry.message.length; at += 4096) {
          const part = entry.message.subarray(at, at + 4096);
          const chunk = pool.subarray(3, 3 + part.length);
          chunk.set(part);
          yield chunk;
          pool.fill(0xee);
        }
      };
      const { body } = await decrypt(lent(), optionsFor(entry));
      const plaintext = await collect(body);
      if (entry.plaintext !== undefined) assert.deepEqual(plaintext, entry.plaintext, entry.id);
    }
  });

  test('open by range, but for those that are signed or one block', async () => {
    const counts = { ranges: 0, signed: 0, block: 0 };
    for (const [index, entry] of good.entries()) {
      const access = recordedAccess(entry.message, Infinity);
      const range = { start: 0 };
      if (entry.trailer > 0) {
        await rejection(decryptRange(access, { ...optionsFor(entry), range }), 'signed');
        counts.signed++;
      } else if (entry.contentType === 'nonframed') {
        await rejection(decryptRange(access, { ...optionsFor(entry), range }), 'unsupported-message');
        counts.block++;
      } else if (entry.plaintextLength === 0) {
        await rejection(decryptRange(access, { ...optionsFor(entry), range }), 'range-not-satisfiable');
      } else {
        const whole = entry.plaintext!;
        for (const { start, end } of someRanges(whole.length, index)) {
          const { body } = await decryptRange(access, { ...optionsFor(entry), range: { start, end } });
          assert.deepEqual(await collect(body), whole.subarray(start, end), `${entry.id} ${start}-${end}`);
          counts.ranges++;
        }
      }
    }
    assert.ok(counts.ranges > 3000 && counts.signed > 100 && counts.block > 30, JSON.stringify(counts));
  });

  test('say of themselves what the catalog says of them, those in a live KMS too', async () => {
    const parsed = published.all.filter(({ suite }) => suite !== undefined);
    assert.equal(parsed.length, published.all.length - 1);
    for (const entry of parsed) {
      const found = await inspect(entry.message);
      const framed = entry.contentType === 'framed';
      const bodyLength = found.plaintextSize + (framed ? found.frames! * 32 + 8 : 36);
      assert.deepEqual(
        {
          format: found.version,
          suite: found.suite,
          frameLength: found.frameLength,
          frames: found.frames,
          plaintextLength: found.plaintextSize,
          headerLength: found.headerLength,
          ecEntries: Object.keys(found.context).length,
          edkProviders: found.keys.map(({ provider }) => provider),
          messageLength: found.size,
          trailer: found.size - found.headerLength - bodyLength,
          signed: found.signed,
          complete: found.complete,
          trailing: found.trailing,
        },
        {
          format: entry.format,
          suite: `0x${entry.suite}`,
          frameLength: framed ? entry.frameLength : null,
          frames: framed ? entry.frames : null,
          plaintextLength: entry.plaintextLength,
          headerLength: entry.headerLength,
          ecEntries: entry.ecEntries,
          edkProviders: entry.edkProviders,
          messageLength: entry.messageLength,
          trailer: entry.trailer,
          signed: entry.trailer > 0,
          complete: true,
          trailing: 0,
        },
        entry.id,
      );
    }
  });

  test('open with the pairs that their writers left out, and without or with others not', async () => {
    const bound = good.filter(({ requiredEc }) => requiredEc !== undefined);
    assert.equal(bound.length, 46);
    for (const entry of bound) {
      const { keys, reproduced } = entry.requiredEc!;
      for (const name of keys) {
        const { [name]: left, ...others } = reproduced;
        await refused(entry, { ...optionsFor(entry), context: others });
        await refused(entry, { ...optionsFor(entry), context: { ...others, [name]: `${left}x` } });
        await refused(entry, { ...optionsFor(entry), context: { ...others, [`${name}x`]: left! } });
      }
      await refused(entry, { ...optionsFor(entry), context: { ...reproduced, more: 'than there was' } });
    }
  });

  test('are refused where the suite has no commitment and that is not allowed', async () => {
    const uncommitted = run.filter(({ suiteId }) => suiteId < 0x0400);
    assert.equal(uncommitted.length, 620);
    for (const entry of uncommitted) {
      const keyring = staticKeyring();
      await rejection(
        decrypt(entry.message, { ...optionsFor(entry), maxEncryptedDataKeys: 16, keyring, allowUncommitted: false }),
        'uncommitted',
      );
      assert.equal(keyring.given.length, 0, 'no key is asked for before the policy is checked');
    }
    for (const entry of good.filter(({ suiteId }) => suiteId >= 0x0400)) {
      await collect((await decrypt(entry.message, { ...optionsFor(entry), allowUncommitted: false })).body);
    }
  });

  test('are refused where they must not open', async () => {
    const bad = run.filter(({ expect }) => expect === 'fail');
    const codes: Record<string, ErrorCode> = {};
    for (const entry of bad) codes[entry.id] = await refused(entry, optionsFor(entry));
    const expected = (entry: PublishedMessage): ErrorCode => {
      if (entry.limits !== undefined) return 'too-many-keys';
      return entry.requiredEc === undefined ? 'damaged' : 'wrong-context';
    };
    assert.deepEqual(codes, Object.fromEntries(bad.map((entry) => [entry.id, expected(entry)])));
    assert.equal(bad.length, 20);
    assert.equal(bad.filter(({ set }) => set === 'net-invalid-Net-4.0.0').length, 14);
  });

  test('keep to a limit of encrypted data keys', async () => {
    const limited = run.filter(({ limits }) => limits !== undefined);
    assert.equal(limited.length, 2);
    for (const entry of good.slice(0, 100)) {
      const maxEncryptedDataKeys = entry.edkProviders.length;
      await collect((await decrypt(entry.message, { ...optionsFor(entry), maxEncryptedDataKeys })).body);
      const code = await refused(entry, { ...optionsFor(entry), maxEncryptedDataKeys: maxEncryptedDataKeys - 1 });
      assert.equal(code, 'too-many-keys');
    }
  });

  test('come with keys and commitments that are derived as published', () => {
    const known = run.filter(({ kat }) => kat !== undefined);
    assert.equal(known.length, 23);
    const ofAnotherKey: string[] = [];
    let derivedKeys = 0;
    for (const { id, kat, keys, suiteId } of known) {
      using dataKey = new DataKey(Uint8Array.from(Buffer.from(keys[0]!.dek!, 'base64')));
      const messageId = Buffer.from(kat!.messageId, 'base64');
      const { encryptionKey, commitment } = deriveKeys(suiteOf(suiteId), dataKey, messageId);
      if (Buffer.from(commitment!).toString('base64') !== kat!.commitKey) {
        ofAnotherKey.push(id);
        continue;
      }
      if (kat!.derivedKey === null) continue;
      assert.equal(Buffer.from(encryptionKey.bytes).toString('base64'), kat!.derivedKey, id);
      derivedKeys++;
    }
    // These carry two data keys; the answers are for the one, the key given is the other.
    assert.deepEqual(ofAnotherKey, ['commitment/12', 'commitment/21']);
    assert.equal(derivedKeys, 8);
  });

  test('open with the reference reader that other tests compare with', () => {
    const unsigned = good.filter(({ trailer, requiredEc }) => trailer === 0 && requiredEc === undefined);
    assert.ok(unsigned.length > 300);
    for (const entry of unsigned) {
      const opened = referenceOpen(entry.message, secrets.get(entry.id)!);
      if (entry.plaintext !== undefined) assert.ok(opened.equals(entry.plaintext), entry.id);
    }
  });

  describe('changed anywhere', () => {
    const SMALL = 32;
    let small: readonly PublishedMessage[];

    before(() => {
      small = smallest(good, SMALL);
      assert.equal(small.length, SMALL);
      assert.equal(new Set(small.map(({ suiteId }) => suiteId)).size, 11);
    });

    test('are refused at every flipped bit', async () => {
      // One of every suite, and one of many frames.
      const few = [...small.slice(0, 11), small.find(({ frames }) => frames > 5)!];
      assert.equal(new Set(few.map(({ suiteId }) => suiteId)).size, 11);
      assert.equal(new Set(few.map(({ contentType }) => contentType)).size, 2);
      for (const entry of few) {
        const changed = entry.message.slice();
        for (const bit of bitsToFlip(entry)) {
          changed[bit >> 3]! ^= 0x80 >> (bit & 7);
          await refusedWithPrefixAtMost(entry, changed, `${entry.id} bit ${bit}`);
          changed[bit >> 3] = entry.message[bit >> 3]!;
        }
      }
    });

    test('are refused at every truncation', async () => {
      for (const entry of small) {
        for (let length = 0; length < entry.message.length; length++) {
          const error = await refusedWithPrefixAtMost(
            entry,
            entry.message.subarray(0, length),
            `${entry.id} ${length}`,
          );
          assert.equal(error, 'truncated', `${entry.id} ${length}`);
        }
      }
    });

    test('are refused with a byte appended', async () => {
      for (const entry of small) {
        for (const byte of [0, 0x80, 0xff]) {
          const error = await refusedWithPrefixAtMost(entry, Buffer.concat([entry.message, Buffer.of(byte)]), entry.id);
          assert.equal(error, 'trailing-bytes', entry.id);
        }
      }
    });
  });

  async function refusedWithPrefixAtMost(
    entry: PublishedMessage,
    changed: Uint8Array,
    where: string,
  ): Promise<ErrorCode> {
    return expectRefusal(await decryptAll(changed, optionsFor(entry)), entry.plaintext!, where);
  }
});

async function refused(entry: PublishedMessage, options: OpenOptions): Promise<ErrorCode> {
  return expectRefusal(await decryptAll(entry.message, options), entry.plaintext ?? new Uint8Array(0), entry.id);
}

/** A byte at a time; in the body of a long message some more, to save time. */
function* fineChunks({ message, headerLength }: PublishedMessage): Generator<Uint8Array, void, undefined> {
  const singly = message.length < 1500 ? message.length : headerLength + 40;
  yield* chunked(message.subarray(0, singly), 1);
  yield* chunked(message.subarray(singly), 61);
}

function someRanges(size: number, seed: number): { start: number; end: number }[] {
  const range = fc
    .tuple(fc.nat(size - 1), fc.nat(size - 1))
    .map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) + 1 }));
  return fc.sample(range, { numRuns: RANGES_PER_MESSAGE, seed });
}

/** Every bit, but of the encrypted data keys one in each byte: the data key is given, so all that guards them is one tag. */
function* bitsToFlip({ format, message, headerLength }: PublishedMessage): Generator<number, void, undefined> {
  const afterMessageId = format === 1 ? 20 : 35;
  const view = new DataView(message.buffer, message.byteOffset);
  const start = afterMessageId + 2 + view.getUint16(afterMessageId) + 2;
  const end = headerLength - (format === 1 ? 38 : 53);
  for (let at = 0; at < message.length; at++) {
    if (at >= start && at < end) yield at * 8 + (at % 8);
    else for (let bit = 0; bit < 8; bit++) yield at * 8 + bit;
  }
}

/** The smallest messages, some of every suite. */
function smallest(entries: readonly PublishedMessage[], count: number): PublishedMessage[] {
  const bySuite = Map.groupBy(
    [...entries]
      .filter(({ plaintext, requiredEc }) => plaintext !== undefined && requiredEc === undefined)
      .sort((a, b) => a.message.length - b.message.length),
    ({ suiteId }) => suiteId,
  );
  const chosen: PublishedMessage[] = [];
  for (let rank = 0; chosen.length < count; rank++) {
    for (const list of bySuite.values()) {
      const entry = list[rank];
      if (entry !== undefined && chosen.length < count) chosen.push(entry);
    }
  }
  return chosen;
}
