import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Child } from '../support/child.ts';

const MIB = 1024 * 1024;

test('256 MiB are encrypted and decrypted in less than 200 MB of memory', async (t) => {
  await using child = new Child('memory-child.ts', [String(256 * MIB)]);
  const { read, resident } = JSON.parse(await child.line());
  t.diagnostic(`${Math.round(resident / MIB)} MiB resident at most`);
  assert.equal(read, 256 * MIB);
  assert.ok(resident < 200_000_000, `${resident} bytes`);
});
