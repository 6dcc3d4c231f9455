import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import { SealroomError } from '../../src/errors.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import { rawAesKeyring } from '../../src/keyrings/raw-aes.ts';
import { rawRsaKeyring } from '../../src/keyrings/raw-rsa.ts';
import type { Keyring } from '../../src/ports.ts';
import { keyringSuite } from '../../src/testing/keyring-suite.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { rsaKeyPair } from '../support/rsa-keys.ts';

function aes(name: string): Keyring {
  return rawAesKeyring({ providerId: 'sealroom', name, key: new DataKey(cipher.randomBytes(32)) });
}

function rsa(name: string): Keyring {
  return rawRsaKeyring({ providerId: 'recovery', name, padding: 'oaep-sha256', ...rsaKeyPair('first') });
}

/** A keyring whose every call fails. */
function failing(error: Error): Keyring {
  const fail = async (): Promise<never> => {
    throw error;
  };
  return { generate: fail, wrap: fail, unwrap: fail };
}

keyringSuite('multiKeyring of several AES keys', () => ({
  keyring: multiKeyring({ generator: aes('a'), wrappers: [aes('b'), aes('c')], unwrapOnly: [aes('d')] }),
  other: multiKeyring({ generator: aes('e'), wrappers: [aes('f')] }),
  bindsContext: true,
}));

keyringSuite('multiKeyring with a public key that wraps for recovery', () => ({
  keyring: multiKeyring({ generator: rsa('a'), unwrapOnly: [aes('b')] }),
  other: multiKeyring({ generator: rsa('c'), wrappers: [rsa('d')] }),
  bindsContext: false,
}));

describe('multiKeyring', () => {
  test('keeps the encrypted data keys in the order of its keyrings, each of which opens', async () => {
    const members = [aes('a'), rsa('b'), aes('c')] as const;
    const keyring = multiKeyring({ generator: members[0], wrappers: members.slice(1) });
    const { dataKey, edks } = await keyring.generate({ x: 'y' });
    for (const made of [edks, await keyring.wrap(dataKey, { x: 'y' })]) {
      assert.equal(made.length, 3);
      for (const [index, member] of members.entries()) {
        using opened = await member.unwrap([made[index]!], { x: 'y' });
        assert.deepEqual(opened!.bytes, dataKey.bytes);
      }
    }
  });

  test('opens with keys of the past, and wraps nothing under them', async () => {
    const old = aes('old');
    const { dataKey, edks } = await old.generate({});
    const keyring = multiKeyring({ generator: aes('new'), unwrapOnly: [old] });
    using opened = await keyring.unwrap(edks, {});
    assert.deepEqual(opened!.bytes, dataKey.bytes);
    assert.equal(await old.unwrap(await keyring.wrap(dataKey, {}), {}), null);
  });

  test('without a generator it only opens', async () => {
    const old = aes('old');
    const { dataKey, edks } = await old.generate({});
    const keyring = multiKeyring({ unwrapOnly: [old] });
    using opened = await keyring.unwrap(edks, {});
    assert.deepEqual(opened!.bytes, dataKey.bytes);
    await rejection(keyring.generate({}), 'bad-key');
    await rejection(keyring.wrap(dataKey, {}), 'bad-key');
    await rejection(multiKeyring({ wrappers: [old] }).generate({}), 'bad-key');
    assert.equal(await multiKeyring({}).unwrap(edks, {}), null);
  });

  test('fails whole when one key does not wrap, and wipes the data key', async () => {
    const made: DataKey[] = [];
    const generator = aes('a');
    const watched: Keyring = {
      ...generator,
      async generate(context, options) {
        const generated = await generator.generate(context, options);
        made.push(generated.dataKey);
        return generated;
      },
    };
    const unavailable = failing(new SealroomError('unavailable', 'no answer'));
    const keyring = multiKeyring({ generator: watched, wrappers: [aes('b'), unavailable, aes('c')] });
    await rejection(keyring.generate({}), 'unavailable');
    assert.deepEqual(
      made.map(({ wiped }) => wiped),
      [true],
    );
    using dataKey = new DataKey(cipher.randomBytes(32));
    await rejection(keyring.wrap(dataKey, {}), 'unavailable');
    assert.equal(dataKey.wiped, false, 'the key given is its owner’s to wipe');
  });

  test('goes on after a keyring that fails', async () => {
    const last = aes('last');
    const { dataKey, edks } = await last.generate({});
    const keyring = multiKeyring({
      generator: failing(new SealroomError('unavailable', 'no answer')),
      wrappers: [failing(new TypeError('a fault'))],
      unwrapOnly: [last],
    });
    using opened = await keyring.unwrap(edks, {});
    assert.deepEqual(opened!.bytes, dataKey.bytes);
  });

  test('passes on the failure of the only keyring that failed', async () => {
    const error = new SealroomError('wrong-key', 'another key');
    const keyring = multiKeyring({ generator: aes('a'), wrappers: [failing(error)] });
    assert.equal(await rejection(keyring.unwrap([], {}), 'wrong-key'), error);
  });

  test('makes one error of several, with every cause', async () => {
    const errors = [new SealroomError('wrong-key', 'another key'), new SealroomError('bad-key', 'a bad key')];
    const error = await rejection(multiKeyring({ unwrapOnly: errors.map(failing) }).unwrap([], {}), 'wrong-key');
    assert.match(error.message, /another key; a bad key/);
    assert.ok(error.cause instanceof AggregateError);
    assert.deepEqual(error.cause.errors, errors);
  });

  test('says to try again when a key that did not answer may be the one that opens', async () => {
    const errors = [new SealroomError('wrong-key', 'another key'), new SealroomError('unavailable', 'no answer')];
    const error = await rejection(multiKeyring({ unwrapOnly: errors.map(failing) }).unwrap([], {}), 'unavailable');
    assert.equal(error.retryable, true);
  });

  test('takes a fault for a fault', async () => {
    const errors = [new TypeError('a fault'), new SealroomError('wrong-key', 'another key')];
    await rejection(multiKeyring({ unwrapOnly: errors.map(failing) }).unwrap([], {}), 'unexpected');
  });

  test('asks no further keyring once the signal has fired', async () => {
    const controller = new AbortController();
    const aborting: Keyring = {
      ...aes('a'),
      async unwrap() {
        controller.abort();
        throw new SealroomError('cancelled', 'given up');
      },
    };
    const next: Keyring = { ...aes('b'), unwrap: async () => assert.fail('asked after the signal') };
    const keyring = multiKeyring({ generator: aborting, wrappers: [next] });
    const error = await rejection(keyring.unwrap([], {}, { signal: controller.signal }), 'cancelled');
    assert.ok(!(error.cause instanceof AggregateError));
  });
});
