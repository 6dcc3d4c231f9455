/** Deletions, and taking them back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { Deletions, UNDO_TIME } from '../../../web/src/files/deletions.ts';
import type { Outcome } from '../../../web/src/files/deletions.ts';

/** Deletions with a clock and a service that do what a test says. */
class World {
  readonly sent: string[] = [];
  readonly outcomes: Outcome[] = [];
  readonly answers = new Map<string, PromiseWithResolvers<void>>();
  readonly deletions: Deletions;
  #timers: { at: number; readonly callback: () => void }[] = [];
  #time = 0;
  #told: (() => void) | undefined;

  constructor({ answers = true }: { readonly answers?: boolean } = {}) {
    this.deletions = new Deletions({
      send: (id) => {
        this.sent.push(id);
        const answer = Promise.withResolvers<void>();
        this.answers.set(id, answer);
        if (answers) answer.resolve();
        return answer.promise;
      },
      onSent: (outcome) => {
        this.outcomes.push(outcome);
        this.#told?.();
      },
      after: (milliseconds, callback) => {
        const timer = { at: this.#time + milliseconds, callback };
        this.#timers.push(timer);
        return () => (this.#timers = this.#timers.filter((each) => each !== timer));
      },
    });
  }

  pass(milliseconds: number): void {
    this.#time += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#time);
    this.#timers = this.#timers.filter(({ at }) => at > this.#time);
    for (const { callback } of due) callback();
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Resolves with the next outcome. */
  async outcome(): Promise<Outcome> {
    await new Promise<void>((resolve) => (this.#told = resolve));
    return this.outcomes.at(-1)!;
  }

  async answer(id: string, error?: Error): Promise<void> {
    if (error === undefined) this.answers.get(id)!.resolve();
    else this.answers.get(id)!.reject(error);
    await new Promise(setImmediate);
  }
}

describe('a deletion', () => {
  test('is not sent before the time to take it back is over', async () => {
    const world = new World();
    world.deletions.schedule(['a', 'b']);
    world.pass(UNDO_TIME - 1);
    assert.deepEqual(world.sent, []);
    assert.equal(world.deletions.unfinished, 2);
    const outcome = world.outcome();
    world.pass(1);
    assert.deepEqual(await outcome, { gone: ['a', 'b'], failed: [] });
    assert.deepEqual(world.sent, ['a', 'b']);
    assert.equal(world.deletions.unfinished, 0);
  });

  test('that is taken back is never sent', () => {
    const world = new World();
    const batch = world.deletions.schedule(['a']);
    world.pass(UNDO_TIME - 1);
    assert.equal(world.deletions.undo(batch), true);
    world.pass(UNDO_TIME);
    world.deletions.flush();
    assert.deepEqual(world.sent, []);
    assert.equal(world.timers, 0);
  });

  test('that was sent cannot be taken back', async () => {
    const world = new World();
    const batch = world.deletions.schedule(['a']);
    const outcome = world.outcome();
    world.pass(UNDO_TIME);
    assert.equal(world.deletions.undo(batch), false);
    await outcome;
    assert.deepEqual(world.sent, ['a']);
  });

  test('is taken back without those before and after it', async () => {
    const world = new World();
    world.deletions.schedule(['a']);
    const second = world.deletions.schedule(['b']);
    world.deletions.schedule(['c']);
    assert.deepEqual(
      world.deletions.waiting.map(({ ids }) => ids),
      [['a'], ['b'], ['c']],
    );
    world.deletions.undo(second);
    world.pass(UNDO_TIME);
    await new Promise(setImmediate);
    assert.deepEqual(world.sent, ['a', 'c']);
  });

  test('of many files has four requests under way at once', async () => {
    const world = new World({ answers: false });
    world.deletions.schedule(['a', 'b', 'c', 'd', 'e', 'f']);
    world.pass(UNDO_TIME);
    assert.deepEqual(world.sent, ['a', 'b', 'c', 'd']);
    await world.answer('c');
    assert.deepEqual(world.sent, ['a', 'b', 'c', 'd', 'e']);
    const outcome = world.outcome();
    for (const id of ['a', 'b', 'd', 'e', 'f']) await world.answer(id);
    assert.deepEqual(new Set((await outcome).gone), new Set(['a', 'b', 'c', 'd', 'e', 'f']));
  });

  test('tells which files are not gone, and why, when all are decided', async () => {
    const world = new World({ answers: false });
    world.deletions.schedule(['a', 'b', 'c']);
    world.pass(UNDO_TIME);
    const error = new SealroomError('retained', 'it is kept');
    const outcome = world.outcome();
    await world.answer('b', error);
    assert.deepEqual(world.outcomes, []);
    await world.answer('a');
    await world.answer('c');
    assert.deepEqual(await outcome, { gone: ['a', 'c'], failed: [{ id: 'b', error }] });
  });

  test('of a file that somebody else deleted has succeeded', async () => {
    const world = new World({ answers: false });
    world.deletions.schedule(['a']);
    world.pass(UNDO_TIME);
    const outcome = world.outcome();
    await world.answer('a', new SealroomError('not-found', 'there is no such file'));
    assert.deepEqual(await outcome, { gone: ['a'], failed: [] });
  });
});

describe('when the page goes', () => {
  test('everything that waits is sent at once, without waiting for anything', () => {
    const world = new World({ answers: false });
    world.deletions.schedule(['a', 'b', 'c', 'd', 'e', 'f']);
    world.deletions.schedule(['g']);
    world.deletions.flush();
    assert.deepEqual(world.sent, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    assert.deepEqual(world.deletions.waiting, []);
    assert.equal(world.timers, 0);
  });

  test('what is being sent a few at a time is sent to its end, each file once', async () => {
    const world = new World({ answers: false });
    world.deletions.schedule(['a', 'b', 'c', 'd', 'e', 'f']);
    world.pass(UNDO_TIME);
    world.deletions.flush();
    assert.deepEqual(world.sent, ['a', 'b', 'c', 'd', 'e', 'f']);
    const outcome = world.outcome();
    for (const id of world.sent) await world.answer(id);
    assert.equal((await outcome).gone.length, 6);
    assert.equal(world.deletions.unfinished, 0);
  });

  test('nothing is sent where nothing waits', () => {
    const world = new World();
    world.deletions.flush();
    assert.deepEqual(world.sent, []);
    assert.deepEqual(world.outcomes, []);
  });
});
