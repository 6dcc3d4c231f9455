import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { concat } from '../../src/bytes.ts';
import { cipher } from '../../src/cipher/index.ts';
import { DataKey } from '../../src/data-key.ts';
import type { HashName } from '../../src/message/suites.ts';
import { vectorFile } from '../support/vectors.ts';

interface KnownAnswer {
  readonly testName: string;
  readonly whichSha: HashName;
  readonly ikm: string;
  readonly salt?: string;
  readonly info?: string;
  readonly okmDesired: string;
  readonly okmLen: number;
}

const { path, skip } = vectorFile('kat-hkdf.json');

describe('HKDF', () => {
  test('derives the known answers', { skip }, () => {
    const answers: readonly KnownAnswer[] = JSON.parse(readFileSync(path, 'utf8'));
    assert.ok(answers.length > 0);
    for (const { testName, whichSha, ikm, salt = '', info = '', okmDesired, okmLen } of answers) {
      using derived = cipher.hkdf(whichSha, new DataKey(fromHex(ikm)), fromHex(salt), fromHex(info), okmLen);
      assert.equal(toHex(derived.bytes), okmDesired, `${testName} (${whichSha})`);
    }
  });

  test('derives what extract and expand of RFC 5869 do', () => {
    const bytes = fc.uint8Array({ maxLength: 150 });
    const hash = fc.constantFrom<HashName>('sha256', 'sha384', 'sha512');
    const length = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(hash, bytes, bytes, bytes, length, (name, secret, salt, info, size) => {
        const expected = extractAndExpand(name, { secret, salt, info, size });
        using derived = cipher.hkdf(name, new DataKey(secret.slice()), salt, info, size);
        assert.equal(toHex(derived.bytes), toHex(expected));
      }),
    );
  });
});

interface Derivation {
  readonly secret: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly size: number;
}

function extractAndExpand(hash: HashName, { secret, salt, info, size }: Derivation): Uint8Array {
  const extracted = createHmac(hash, salt).update(secret).digest();
  const blocks: Uint8Array[] = [];
  let block: Uint8Array = new Uint8Array(0);
  for (let filled = 0; filled < size; filled += block.length) {
    block = createHmac(hash, extracted)
      .update(concat([block, info, new Uint8Array([blocks.length + 1])]))
      .digest();
    blocks.push(block);
  }
  return concat(blocks).subarray(0, size);
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
