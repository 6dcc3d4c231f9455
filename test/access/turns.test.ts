import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { Turns } from '../../src/access/turns.ts';
import { SealroomError } from '../../src/errors.ts';
import { rejection } from '../../src/testing/rejects.ts';

describe('turns', () => {
  test('run what has one key in the order of the calls, one at a time', async () => {
    const turns = new Turns();
    const seen: string[] = [];
    const task = (i: number) => async (): Promise<number> => {
      seen.push(`begin ${i}`);
      await setImmediate();
      seen.push(`end ${i}`);
      return i;
    };
    assert.deepEqual(await Promise.all([0, 1, 2].map((i) => turns.run('a', task(i)))), [0, 1, 2]);
    assert.deepEqual(seen, ['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  test('let those of other keys run at once', async () => {
    const turns = new Turns();
    const first = Promise.withResolvers<string>();
    const waiting = turns.run('a', () => first.promise);
    assert.equal(await turns.run('b', async () => 'b'), 'b');
    first.resolve('a');
    assert.equal(await waiting, 'a');
  });

  test('go on after a failure, which is for its own caller', async () => {
    const turns = new Turns();
    const failing = turns.run('a', () => Promise.reject(new SealroomError('unavailable', 'on purpose')));
    const next = turns.run('a', async () => 'next');
    await rejection(failing, 'unavailable');
    assert.equal(await next, 'next');
  });

  test('are not waited for by whoever was cancelled, and pass without his task', async () => {
    const turns = new Turns();
    const first = Promise.withResolvers<string>();
    const before = turns.run('a', () => first.promise);
    const controller = new AbortController();
    const waiting = turns.run('a', () => assert.fail('it ran'), { signal: controller.signal });
    const after = turns.run('a', async () => 'after');
    controller.abort();
    await rejection(waiting, 'cancelled');
    first.resolve('first');
    assert.deepEqual([await before, await after, turns.size], ['first', 'after', 0]);
  });

  test('remember nothing of keys that have come to rest', async () => {
    const turns = new Turns();
    const running = ['a', 'a', 'b'].map((key) => turns.run(key, setImmediate));
    const failing = turns.run('c', () => Promise.reject(new SealroomError('unavailable', 'on purpose')));
    assert.equal(turns.size, 3);
    await Promise.allSettled([...running, failing]);
    assert.equal(turns.size, 0);
  });
});
