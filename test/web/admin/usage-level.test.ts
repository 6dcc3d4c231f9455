import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usageLevel, usedShare } from '../../../web/src/admin/usage-level.ts';

test('a tenant is nearly full from nine tenths on, and full when nothing more fits', () => {
  assert.deepEqual(
    [0, 899, 900, 999, 1000, 2000].map((held) => usageLevel(held, 1000)),
    ['fine', 'fine', 'nearlyFull', 'nearlyFull', 'full', 'full'],
  );
  assert.equal(usageLevel(0, 0), 'full');
});

test('a bar is never longer than its place', () => {
  assert.deepEqual(
    [0, 250, 1000, 5000].map((held) => usedShare(held, 1000)),
    [0, 0.25, 1, 1],
  );
  assert.equal(usedShare(0, 0), 1);
});
