/** Messages to and from the AWS Encryption SDK for JavaScript, whose command line and library people have. */
import assert from 'node:assert/strict';
import { constants, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
  buildClient,
} from '@aws-crypto/client-node';
import type { KeyringNode } from '@aws-crypto/client-node';
import { collect } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rawRsaKeyring } from '../../src/keyrings/raw-rsa.ts';
import type { EncryptionContext } from '../../src/message/context.ts';
import type { Keyring } from '../../src/ports.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

interface Pair {
  readonly ours: Keyring;
  readonly theirs: KeyringNode;
}

function aesPair(): Pair {
  const secret = randomBytes(32);
  return {
    ours: rawAesKeyring({ providerId: 'interop', name: 'wrapping', key: new DataKey(Uint8Array.from(secret)) }),
    theirs: new RawAesKeyringNode({
      keyNamespace: 'interop',
      keyName: 'wrapping',
      unencryptedMasterKey: Uint8Array.from(secret),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      utf8Sorting: true,
    }),
  };
}

function rsaPair(oaepHash: 'sha256' | 'sha512'): Pair {
  const { publicKey, privateKey } = rsaKeyPair('interop');
  return {
    ours: rawRsaKeyring({
      providerId: 'interop',
      name: 'recovery',
      padding: `oaep-${oaepHash}`,
      publicKey,
      privateKey,
    }),
    theirs: new RawRsaKeyringNode({
      keyNamespace: 'interop',
      keyName: 'recovery',
      rsaKey: {
        publicKey: publicKey.export({ format: 'pem', type: 'spki' }),
        privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
      },
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash,
    }),
  };
}

/** In the order of UTF-8 the last but one comes first, in that of UTF-16 the last. */
const CONTEXTS: readonly EncryptionContext[] = [
  {},
  { tenant: 'acme', file: '42' },
  { B: '1', a: '2', key_1: '3', 'key-1': '4' },
  { größe: 'ß', ключ: 'значение', 名前: '値', '\u{ff61}': 'half', '\u{10000}': 'linear', '🔑': '🔒' },
];

const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

/** Lengths of the plaintext that tell apart how a message ends. The longest only where frames are not tiny. */
function sizesFor(frameLength: number): number[] {
  const L = frameLength;
  const sizes = new Set([0, 1, L - 1, L, L + 1, 3 * L]);
  if (L >= 4 * KIB) sizes.add(10 * MIB);
  return [...sizes];
}

const FRAME_LENGTHS = [1, 16, 4 * KIB, 64 * KIB, MIB];

async function expectTheirsToOpen(
  message: Uint8Array,
  theirs: KeyringNode,
  plaintext: Uint8Array,
  context = {},
): Promise<void> {
  const { plaintext: opened, messageHeader } = await client.decrypt(theirs, Buffer.from(message));
  assert.ok(opened.equals(plaintext));
  assert.deepEqual({ ...messageHeader.encryptionContext }, context);
}

describe('the AWS Encryption SDK for JavaScript', () => {
  const pair = aesPair();
  for (const frameLength of FRAME_LENGTHS) {
    test(`opens what was encrypted here in frames of ${frameLength}`, async () => {
      for (const size of sizesFor(frameLength)) {
        const plaintext = patterned(size);
        const message = await collect(encrypt(plaintext, { keyring: pair.ours, frameLength }));
        await expectTheirsToOpen(message, pair.theirs, plaintext);
      }
    });

    for (const suite of ['COMMIT_KEY', 'COMMIT_KEY_ECDSA_P384'] as const) {
      test(`writes frames of ${frameLength} in the suite ${suite} that open here`, async () => {
        for (const size of sizesFor(frameLength)) {
          const plaintext = patterned(size);
          const { result } = await client.encrypt(pair.theirs, plaintext, {
            frameLength,
            suiteId: AlgorithmSuiteIdentifier[`ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_${suite}`],
          });
          const opened = await decrypt(result, { keyring: pair.ours });
          assert.equal(opened.suite, suite === 'COMMIT_KEY' ? '0x0478' : '0x0578');
          assert.ok(Buffer.from(await collect(opened.body)).equals(plaintext), `${size} bytes`);
          assert.equal((await inspect(result)).frameLength, frameLength);
        }
      });
    }
  }

  const pairs: readonly [string, Pair][] = [
    ['AES', pair],
    ['RSA with OAEP and SHA-256', rsaPair('sha256')],
    ['RSA with OAEP and SHA-512', rsaPair('sha512')],
  ];
  for (const [name, { ours, theirs }] of pairs) {
    for (const context of CONTEXTS) {
      const names = JSON.stringify(Object.keys(context));
      test(`shares messages under ${name} with the context ${names}, both ways`, async () => {
        const plaintext = patterned(1000);
        const message = await collect(encrypt(plaintext, { keyring: ours, context, frameLength: 256 }));
        await expectTheirsToOpen(message, theirs, plaintext, context);

        const { result } = await client.encrypt(theirs, plaintext, {
          encryptionContext: { ...context },
          frameLength: 256,
        });
        const opened = await decrypt(result, { keyring: ours, context });
        const { 'aws-crypto-public-key': publicKey, ...pairsGiven } = opened.context;
        assert.deepEqual(pairsGiven, { ...context });
        assert.notEqual(publicKey, undefined, 'it signs unless told otherwise');
        assert.ok(Buffer.from(await collect(opened.body)).equals(plaintext));
      });
    }
  }

  test('refuses what was changed here, as here what it wrote is refused', async () => {
    const message = await collect(encrypt(patterned(100), { keyring: pair.ours, frameLength: 16 }));
    message[message.length - 1]! ^= 1;
    await assert.rejects(client.decrypt(pair.theirs, Buffer.from(message)));
    const { result } = await client.encrypt(pair.theirs, patterned(100), { frameLength: 16 });
    result[result.length - 1]! ^= 1;
    await assert.rejects(async () => collect((await decrypt(result, { keyring: pair.ours })).body), {
      code: 'damaged',
    });
  });
});
