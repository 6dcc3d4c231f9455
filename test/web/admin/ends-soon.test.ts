import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endsSoon } from '../../../web/src/admin/ends-soon.ts';

test('what ends within a week ends soon', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(endsSoon('2026-01-02T00:00:00.000Z', now), true);
  assert.equal(endsSoon('2026-01-08T00:00:00.000Z', now), true);
  assert.equal(endsSoon('2026-01-08T00:00:00.001Z', now), false);
});
