import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { findingsOf } from '../../../web/src/admin/sweep-findings.ts';

const NOTHING = { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0, failed: [] };

test('a sweep that had nothing to do found nothing', () => {
  assert.deepEqual(findingsOf(NOTHING), []);
});

test('what a sweep did is told in its order, and what is trouble is told apart', () => {
  const failed = [new SealroomError('unavailable', 'the store does not answer')];
  assert.deepEqual(findingsOf({ expired: 1, claimed: 2, finished: 3, waiting: 4, ignored: 5, failed }), [
    { kind: 'expired', count: 1, tone: 'done' },
    { kind: 'claimed', count: 2, tone: 'done' },
    { kind: 'finished', count: 3, tone: 'done' },
    { kind: 'waiting', count: 4, tone: 'waits' },
    { kind: 'ignored', count: 5, tone: 'trouble' },
    { kind: 'failed', count: 1, tone: 'trouble' },
  ]);
  assert.deepEqual(findingsOf({ ...NOTHING, waiting: 1 }), [{ kind: 'waiting', count: 1, tone: 'waits' }]);
});
