import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  buildClient,
} from '@aws-crypto/client-node';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { decrypt, decryptRange } from '../../src/envelope/decrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { decryptAll, expectRefusal } from '../support/opened.ts';
import { recordedAccess } from '../support/random-access.ts';
import { chunked, iteratorOf } from '../support/streams.ts';

const SECRET = patterned(32, 5);
const names = { providerId: 'interop', name: 'signing' };
const keyring = rawAesKeyring({ ...names, key: new DataKey(SECRET.slice()) });

/** Nothing here signs, so the peer does. */
async function signed(plaintext: Uint8Array, frameLength: number): Promise<Uint8Array> {
  const theirs = new RawAesKeyringNode({
    keyNamespace: names.providerId,
    keyName: names.name,
    unencryptedMasterKey: SECRET.slice(),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
  const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384;
  return Uint8Array.from((await client.encrypt(theirs, plaintext, { frameLength, suiteId })).result);
}

describe('a signed message', () => {
  test('is refused by a call that takes none, before any key is asked', async () => {
    const message = await signed(patterned(50), 16);
    await rejection(decrypt(message, { keyring, refuseSigned: true }), 'signed');
    const access = recordedAccess(message);
    await rejection(decryptRange(access, { keyring, range: { start: 0, end: 1 } }), 'signed');
    assert.equal(access.asked.length, 1);
    await collect((await decrypt(message, { keyring, refuseSigned: false })).body);
  });

  test('gives out its last bytes only when its signature is verified', async () => {
    const plaintext = patterned(3 * 1024 * 1024);
    const message = await signed(plaintext, 64 * 1024);
    const { size, headerLength, frames, plaintextSize } = await inspect(message);
    const bodyEnd = headerLength + plaintextSize + 32 * frames! + 8;
    const wrong = message.slice();
    wrong[size - 1]! ^= 1;
    for (const bytes of [wrong, message.subarray(0, bodyEnd), message.subarray(0, -1)]) {
      const outcome = await decryptAll(chunked(bytes, 70_001), { keyring });
      expectRefusal(outcome, plaintext, `${bytes.length} bytes`);
      assert.ok(outcome.bytes.length > 0 && outcome.bytes.length < plaintext.length);
    }
  });

  test('of one frame gives out nothing before', async () => {
    const plaintext = patterned(9);
    const message = await signed(plaintext, 16);
    const wrong = message.slice();
    wrong[wrong.length - 1]! ^= 1;
    await rejection(decrypt(wrong, { keyring }), 'damaged');
    const { body } = await decrypt(message, { keyring });
    const iterator = iteratorOf(body);
    assert.deepEqual([...(await iterator.next()).value], [...plaintext]);
    assert.equal((await iterator.next()).done, true);
  });

  test('is refused at every byte changed, cut anywhere, and with more after it', async () => {
    const plaintext = patterned(20);
    const message = await signed(plaintext, 16);
    for (let at = 0; at < message.length; at++) {
      const changed = message.slice();
      changed[at]! ^= 0x10;
      expectRefusal(await decryptAll(changed, { keyring }), plaintext, `byte ${at}`);
      const outcome = await decryptAll(message.subarray(0, at), { keyring });
      assert.equal(expectRefusal(outcome, plaintext, `cut to ${at}`), 'truncated');
      assert.ok(outcome.bytes.length <= 16, 'the final frame is out');
    }
    const more = await decryptAll(Buffer.concat([message, Buffer.of(0)]), { keyring });
    assert.equal(expectRefusal(more, plaintext, 'a byte more'), 'trailing-bytes');
  });
});
