/** The law of `Keyring` as tests: call `keyringSuite` in a test file of `node:test`, with a keyring of your own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { concat } from '../bytes.ts';
import type { DataKey } from '../data-key.ts';
import { isSealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import type { Keyring } from '../ports.ts';

export interface KeyringSubject {
  /** Generates, wraps and unwraps. */
  readonly keyring: Keyring;
  /** One of the same kind with other keys of other names. */
  readonly other: Keyring;
  /** Whether what was wrapped with one context is refused with another. */
  readonly bindsContext: boolean;
  /** Whether it takes a context with an empty name or value; else it refuses to wrap with one (`usage`). True unless given. */
  readonly takesEmptyText?: boolean;
}

const CONTEXT: EncryptionContext = { tenant: 'acme', file: '42' };

/** @param factory called once for each test; a keyring that is slow to make may be made once and given out again */
export function keyringSuite(name: string, factory: () => KeyringSubject | Promise<KeyringSubject>): void {
  const law = (title: string, check: (subject: KeyringSubject) => Promise<void>): void => {
    test(title, async () => check(await factory()));
  };

  describe(`${name} keeps the law of Keyring`, () => {
    law('generates a key of 256 bits that its encrypted data keys open to', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      assert.equal(dataKey.length, 32);
      assert.ok(edks.length >= 1);
      assert.deepEqual(await opened(keyring, edks), secretOf(dataKey));
      for (const edk of edks) assert.deepEqual(await opened(keyring, [edk]), secretOf(dataKey));
    });

    law('generates another key each time', async ({ keyring }) => {
      const secrets = new Set<string>();
      const ciphertexts = new Set<string>();
      for (let i = 0; i < 8; i++) {
        const { dataKey, edks } = await keyring.generate(CONTEXT);
        secrets.add(hex(dataKey.bytes));
        ciphertexts.add(hex(edks[0]!.ciphertext));
      }
      assert.equal(secrets.size, 8);
      assert.equal(ciphertexts.size, 8);
    });

    law('wraps a key that was made elsewhere, under as many keys as it generates with', async ({ keyring, other }) => {
      const { dataKey } = await other.generate(CONTEXT);
      const secret = secretOf(dataKey);
      const edks = await keyring.wrap(dataKey, CONTEXT);
      assert.deepEqual(secretOf(dataKey), secret, 'the key that was wrapped stays as it is');
      assert.deepEqual(
        edks.map((edk) => edk.providerId),
        (await keyring.generate(CONTEXT)).edks.map((edk) => edk.providerId),
      );
      for (const edk of edks) assert.deepEqual(await opened(keyring, [edk]), secret);
    });

    law('wraps one key differently each time', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const again = await keyring.wrap(dataKey, CONTEXT);
      assert.notDeepEqual(again[0]!.ciphertext, edks[0]!.ciphertext);
    });

    law('gives keys that live on their own', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const secret = secretOf(dataKey);
      const first = await keyring.unwrap(edks, CONTEXT);
      const second = await keyring.unwrap(edks, CONTEXT);
      const copy = second!.clone();
      first![Symbol.dispose]();
      dataKey[Symbol.dispose]();
      assert.deepEqual(secretOf(second!), secret);
      second![Symbol.dispose]();
      assert.deepEqual(secretOf(copy), secret);
      assert.deepEqual(await opened(keyring, edks), secret);
    });

    law('serves calls at the same time', async ({ keyring }) => {
      const made = await Promise.all(Array.from({ length: 8 }, () => keyring.generate(CONTEXT)));
      const secrets = await Promise.all(made.map(({ edks }) => opened(keyring, edks)));
      assert.deepEqual(
        secrets,
        made.map(({ dataKey }) => secretOf(dataKey)),
      );
    });

    law('resolves null when none is its own', async ({ keyring, other }) => {
      const { edks } = await keyring.generate(CONTEXT);
      assert.equal(await keyring.unwrap([], CONTEXT), null);
      assert.equal(await other.unwrap(edks, CONTEXT), null);
      assert.equal(await keyring.unwrap(edks.map(foreign), CONTEXT), null);
    });

    law('passes over what is not its own, wherever it stands', async ({ keyring, other }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const others = [...(await other.generate(CONTEXT)).edks, ...edks.map(foreign)];
      assert.deepEqual(await opened(keyring, [...others, ...edks]), secretOf(dataKey));
      assert.deepEqual(await opened(keyring, [...edks, ...others]), secretOf(dataKey));
    });

    law('opens the first that opens', async ({ keyring }) => {
      const first = await keyring.generate(CONTEXT);
      const second = await keyring.generate(CONTEXT);
      const [edk] = first.edks;
      assert.deepEqual(await opened(keyring, [edk!, second.edks[0]!]), secretOf(first.dataKey));
      assert.deepEqual(await opened(keyring, [second.edks[0]!, edk!]), secretOf(second.dataKey));
      assert.deepEqual(await opened(keyring, [damagedAtEnd(edk!), second.edks[0]!]), secretOf(second.dataKey));
    });

    law('refuses an encrypted data key with any byte changed', async ({ keyring }) => {
      const { edks } = await keyring.generate(CONTEXT);
      for (const edk of edks) {
        for (let at = 0; at < edk.ciphertext.length; at++) {
          const changed = { ...edk, ciphertext: flipped(edk.ciphertext, at) };
          await rejects(keyring.unwrap([changed], CONTEXT), 'wrong-key');
        }
        for (let at = 0; at < edk.providerInfo.length; at++) {
          // A changed name makes it someone else's; anything else that is changed makes it one that does not open.
          const changed = { ...edk, providerInfo: flipped(edk.providerInfo, at) };
          assert.equal(await orRefused(keyring.unwrap([changed], CONTEXT)), null, `byte ${at} of the provider info`);
        }
      }
    });

    law('refuses an encrypted data key that was cut or lengthened', async ({ keyring }) => {
      const { edks } = await keyring.generate(CONTEXT);
      for (const edk of edks) {
        const { ciphertext } = edk;
        const lengths = [0, 1, ciphertext.length - 1].map((length) => ciphertext.subarray(0, length));
        for (const changed of [...lengths, concat([ciphertext, new Uint8Array(1)])]) {
          await rejects(keyring.unwrap([{ ...edk, ciphertext: changed }], CONTEXT), 'wrong-key');
        }
      }
    });

    law('reads from the middle of other bytes, and changes nothing that it is given', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const within = edks.map((edk) => ({
        providerId: edk.providerId,
        providerInfo: amidst(edk.providerInfo),
        ciphertext: amidst(edk.ciphertext),
      }));
      const before = structuredClone(within);
      const frozen = Object.freeze({ ...CONTEXT });
      assert.deepEqual(await opened(keyring, Object.freeze(within), frozen), secretOf(dataKey));
      assert.deepEqual(within, before);
    });

    law('takes any context', async ({ keyring, takesEmptyText = true }) => {
      const contexts: EncryptionContext[] = [
        {},
        { Ä: 'ö', 'a-1': '𝄞', a_1: '\u0000', B: 'b', a: 'a' },
        Object.fromEntries([['__proto__', 'a pair like any other']]),
      ];
      for (const context of contexts) {
        const { dataKey, edks } = await keyring.generate(context);
        assert.deepEqual(await opened(keyring, edks, context), secretOf(dataKey));
      }
      for (const context of [{ name: '' }, { '': 'value' }]) {
        if (!takesEmptyText) {
          await rejects(keyring.generate(context), 'usage');
          continue;
        }
        const { dataKey, edks } = await keyring.generate(context);
        assert.deepEqual(await opened(keyring, edks, context), secretOf(dataKey));
      }
    });

    law('does not care in which order a context has its pairs', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate({ a: '1', b: '2', C: '3' });
      assert.deepEqual(await opened(keyring, edks, { C: '3', b: '2', a: '1' }), secretOf(dataKey));
    });

    law('binds the context if it says so', async ({ keyring, bindsContext }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const others: EncryptionContext[] = [
        {},
        { ...CONTEXT, file: '43' },
        { ...CONTEXT, more: '' },
        { tenant: CONTEXT['tenant']! },
        { tenant: CONTEXT['file']!, file: CONTEXT['tenant']! },
      ];
      for (const context of others) {
        if (bindsContext) await rejects(keyring.unwrap(edks, context), 'wrong-key');
        else assert.deepEqual(await opened(keyring, edks, context), secretOf(dataKey));
      }
    });

    law('does nothing once the signal has fired', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const options = { signal: AbortSignal.abort() };
      await rejects(keyring.generate(CONTEXT, options), 'cancelled');
      await rejects(keyring.wrap(dataKey, CONTEXT, options), 'cancelled');
      await rejects(keyring.unwrap(edks, CONTEXT, options), 'cancelled');
    });

    law('shows no data key', async ({ keyring }) => {
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const shown: unknown[] = [keyring, dataKey, { dataKey, edks }];
      for (const edk of edks) shown.push(await refusal(keyring.unwrap([damagedAtEnd(edk)], CONTEXT)));
      const wiped = dataKey.clone();
      wiped[Symbol.dispose]();
      shown.push(await refusal(keyring.wrap(wiped, CONTEXT)));
      for (const value of shown) assertShowsNot(value, dataKey.bytes);
    });
  });
}

/** Fails when a value shows some secret bytes, in any of the ways in which values reach a log. */
export function assertShowsNot(value: unknown, secret: Uint8Array): void {
  // Eight bytes are not found by chance, and are enough to find the rest.
  const bytes = Buffer.from(secret.subarray(0, 8));
  const json = JSON.stringify(Uint8Array.from(bytes)).slice(1, -1);
  const forms = [bytes.toString('hex'), bytes.toString('base64url').slice(0, 10), bytes.join(','), json];
  const shown = [
    inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: Infinity }),
    JSON.stringify(value) ?? '',
    value instanceof Error ? String(value.stack) : '',
  ];
  for (const text of shown) {
    const plain = text.replaceAll('+', '-').replaceAll('/', '_').replace(/\s/g, '');
    for (const form of forms) assert.ok(!plain.includes(form), 'a secret is shown');
  }
}

async function opened(
  keyring: Keyring,
  edks: readonly EncryptedDataKey[],
  context: EncryptionContext = CONTEXT,
): Promise<string | null> {
  const dataKey = await keyring.unwrap(edks, context);
  return dataKey === null ? null : secretOf(dataKey);
}

function secretOf(dataKey: DataKey): string {
  return hex(dataKey.bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function rejects(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(isSealroomError(error, code), `expected ${code}, got ${inspect(error)}`);
    return true;
  });
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(outcome !== undefined, 'it was to be refused');
  return outcome;
}

/** Null where the call resolves null or rejects with `wrong-key`. */
async function orRefused(call: Promise<DataKey | null>): Promise<DataKey | null> {
  try {
    return await call;
  } catch (error) {
    if (isSealroomError(error, 'wrong-key')) return null;
    throw error;
  }
}

function foreign(edk: EncryptedDataKey): EncryptedDataKey {
  return { ...edk, providerId: `${edk.providerId}-not` };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}

function damagedAtEnd(edk: EncryptedDataKey): EncryptedDataKey {
  return { ...edk, ciphertext: flipped(edk.ciphertext, edk.ciphertext.length - 1) };
}

function amidst(bytes: Uint8Array): Uint8Array {
  return concat([new Uint8Array(7).fill(0xa5), bytes, new Uint8Array(9).fill(0x5a)]).subarray(7, 7 + bytes.length);
}
