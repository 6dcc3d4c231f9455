/** The uploads of a page, over a service that a test has in its hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { UnreadableFile } from '../../../web/src/uploads/problems.ts';
import type { Finished } from '../../../web/src/uploads/upload.ts';
import { shareOf, timeLeft } from '../../../web/src/uploads/upload.ts';
import { UploadsWorld, fileOf } from './world.ts';

const error = (code: ErrorCode): SealroomError => new SealroomError(code, code);
const lost = error('unavailable');
const signal = new AbortController().signal;

function serverUpload(id: string, name: string, more: object = {}) {
  return { id, name, size: 1000, offset: 400, createdBy: 'Ada', uploadExpires: '2027-01-01T00:00:00.000Z', ...more };
}

describe('the queue', () => {
  test('three files are on their way at a time, and the next begins when one has arrived', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd', 'e');
    assert.deepEqual(
      world.transport.attempts.map(({ outgoing }) => outgoing.name),
      ['a', 'b', 'c'],
    );
    assert.equal(world.upload('d').status, 'queued');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      world.transport.attempt(name).begin();
      world.transport.attempt(name).finish();
      await world.clock.advance(100);
    }
    assert.equal(world.transport.most, 3);
    assert.deepEqual(new Set(world.all().map(({ status }) => status)), new Set(['done']));
  });

  test('files that have arrived are told of together, once each', async () => {
    const world = new UploadsWorld();
    const told: (readonly Finished[])[] = [];
    const stop = world.uploads.onFinished((finished) => told.push(finished));
    world.add('a', 'b');
    for (const name of ['a', 'b']) {
      world.transport.attempt(name).begin(`file-${name}`);
      world.transport.attempt(name).finish();
    }
    await world.clock.advance(1000);
    const file = { size: 1000, tenant: 'default' };
    assert.deepEqual(told, [
      [
        { ...file, id: 'file-a', name: 'a' },
        { ...file, id: 'file-b', name: 'b' },
      ],
    ]);
    stop();
    world.add('c');
    world.transport.attempt('c').begin();
    world.transport.attempt('c').finish();
    await world.clock.advance(1000);
    assert.equal(told.length, 1);
  });

  test('of much that happens at a time, whoever draws is told once', async () => {
    const world = new UploadsWorld();
    world.add('a');
    let told = 0;
    world.uploads.subscribe(() => void told++);
    for (let sent = 0; sent <= 1000; sent++) world.transport.attempt('a').sent(sent);
    await world.clock.advance(100);
    assert.equal(told, 1);
    assert.equal(world.upload('a').sent, 1000);
  });

  test('ten thousand files are queued, and only three of them are touched', () => {
    const world = new UploadsWorld();
    const file = fileOf('x');
    world.uploads.add(
      Array.from({ length: 10_000 }, (_, index) => ({ file, name: `folder/${index}` })),
      'default',
    );
    const { keys, totals } = world.uploads.state();
    assert.equal(keys.length, 10_000);
    assert.equal(totals.size, 10_000_000);
    assert.equal(totals.counts.queued, 9997);
    assert.equal(world.transport.attempts.length, 3);
  });

  test('what began is shown first, then the queue, then what is done', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd', 'e');
    world.transport.attempt('b').begin();
    world.transport.attempt('b').finish();
    await world.clock.advance(100);
    assert.deepEqual(
      world.all().map(({ name }) => name),
      ['a', 'c', 'd', 'e', 'b'],
    );
  });

  test('files that are added when all is over begin a new count; those that are added before do not', async () => {
    const world = new UploadsWorld();
    world.add('a');
    world.add('b');
    for (const name of ['a', 'b']) {
      world.transport.attempt(name).begin();
      world.transport.attempt(name).finish();
    }
    await world.clock.advance(100);
    assert.equal(world.uploads.state().totals.counts.done, 2);
    world.add('c');
    assert.deepEqual(
      world.all().map(({ name }) => name),
      ['c'],
    );
  });

  test('files go to the tenant that was worked in when they were added', () => {
    const world = new UploadsWorld();
    world.uploads.add([{ file: fileOf('a'), name: 'a' }], 'one');
    world.uploads.add([{ file: fileOf('b'), name: 'b' }], 'two');
    assert.deepEqual(
      world.transport.attempts.map(({ outgoing }) => outgoing.tenant),
      ['one', 'two'],
    );
  });
});

describe('progress', () => {
  test('speed is what went by in the last seconds, and not what had arrived before', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const attempt = world.transport.attempt('a');
    attempt.begin();
    attempt.sent(400);
    for (let second = 1; second <= 4; second++) {
      await world.clock.advance(1000);
      attempt.sent(400 + second * 100);
    }
    await world.clock.advance(100);
    const { speed, sent } = world.upload('a');
    assert.ok(speed !== undefined && Math.abs(speed - 100) < 5, `${speed}`);
    assert.equal(sent, 800);
    const { totals } = world.uploads.state();
    assert.ok(totals.speed !== undefined && Math.abs(totals.speed - 100) < 5, `${totals.speed}`);
    assert.equal(shareOf(totals), 0.8);
    const left = timeLeft(world.upload('a'));
    assert.ok(left !== undefined && left > 1.8 && left < 2.2, `${left}`);
  });

  test('an upload that takes nothing any more becomes slower by itself', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const attempt = world.transport.attempt('a');
    attempt.sent(0);
    await world.clock.advance(1000);
    attempt.sent(500);
    await world.clock.advance(100);
    const before = world.upload('a').speed!;
    await world.clock.advance(8000);
    assert.ok(world.upload('a').speed! < before / 4);
  });

  test('files without a byte count as files', async () => {
    const world = new UploadsWorld();
    world.uploads.add(
      ['a', 'b'].map((name) => ({ name, file: fileOf(name, { size: 0 }) })),
      'default',
    );
    assert.equal(shareOf(world.uploads.state().totals), 0);
    world.transport.attempt('a').begin();
    world.transport.attempt('a').finish();
    await world.clock.advance(100);
    assert.equal(shareOf(world.uploads.state().totals), 0.5);
  });
});

describe('a line that is lost', () => {
  test('the upload waits, and goes on by itself where it was, after pauses that grow', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const id = world.transport.attempt('a').begin();
    const pauses: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      world.transport.attempt('a').fail(lost);
      await world.clock.advance(100);
      const { status, problem, retryAt } = world.upload('a');
      assert.deepEqual([status, problem], ['waiting', 'unavailable']);
      pauses.push(Math.round((retryAt! - world.clock.now() + 100) / 1000));
      await world.clock.advance(retryAt! - world.clock.now());
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert.equal(world.transport.attempts.length, 10);
    assert.deepEqual(
      world.transport.attempts.map(({ outgoing }) => outgoing.id),
      [undefined, ...Array<string>(9).fill(id)],
    );
    world.transport.attempt('a').finish();
    await world.clock.advance(100);
    assert.equal(world.upload('a').status, 'done');
  });

  test('the upload goes on at once when the line comes back', async () => {
    const world = new UploadsWorld();
    world.add('a');
    for (let failure = 0; failure < 8; failure++) {
      world.transport.attempt('a').fail(lost);
      await world.clock.advance(failure < 7 ? 60_000 : 100);
    }
    assert.equal(world.upload('a').status, 'waiting');
    const { length } = world.transport.attempts;
    world.line.comeBack();
    await world.clock.advance(100);
    assert.equal(world.transport.attempts.length, length + 1);
    assert.equal(world.upload('a').status, 'sending');
  });

  test('pauses begin anew when something has arrived, and not when a dead line took it', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const pauseAfter = async (last: (attempt: ReturnType<typeof world.transport.attempt>) => void): Promise<number> => {
      const attempt = world.transport.attempt('a');
      last(attempt);
      attempt.fail(lost);
      await world.clock.advance(0);
      const pause = world.upload('a').retryAt! - world.clock.now();
      await world.clock.advance(pause);
      return pause;
    };
    assert.equal(await pauseAfter(() => undefined), 1000);
    assert.equal(await pauseAfter((attempt) => attempt.sent(900)), 2000);
    assert.equal(await pauseAfter((attempt) => attempt.durable(500)), 1000);
    assert.equal(await pauseAfter((attempt) => attempt.durable(500)), 2000);
  });

  test('a line that takes nothing for a minute is given up, though nobody says that it is dead', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const first = world.transport.attempt('a');
    first.begin();
    first.sent(10);
    await world.clock.advance(59_000);
    first.sent(20);
    await world.clock.advance(59_000);
    assert.equal(first.signal.aborted, false);
    await world.clock.advance(2500);
    assert.equal(first.signal.aborted, true);
    await world.clock.advance(0);
    assert.equal(world.transport.attempts.length, 2);
  });

  test('after its last byte, the service has longer to answer', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const attempt = world.transport.attempt('a');
    attempt.sent(1000);
    await world.clock.advance(4 * 60_000);
    assert.equal(attempt.signal.aborted, false);
  });

  test('an upload that waits goes on at once when somebody says so', async () => {
    const world = new UploadsWorld();
    world.add('a');
    world.transport.attempt('a').fail(lost);
    await world.clock.advance(100);
    world.uploads.resume(world.upload('a').key);
    assert.equal(world.upload('a').status, 'sending');
    assert.equal(world.transport.attempts.length, 2);
    await world.clock.advance(120_000);
    assert.equal(world.transport.most, 1);
  });
});

describe('what somebody does', () => {
  test('a paused upload is stopped, lets the next one begin, and goes on where it was', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd');
    const id = world.transport.attempt('a').begin();
    world.transport.attempt('a').sent(300);
    world.uploads.pause(world.upload('a').key);
    assert.equal(world.transport.attempt('a').signal.aborted, true);
    assert.deepEqual([world.upload('a').status, world.upload('d').status], ['paused', 'sending']);
    await world.clock.advance(100_000);
    assert.equal(world.upload('a').status, 'paused');
    world.uploads.resume(world.upload('a').key);
    assert.equal(world.upload('a').status, 'queued');
    world.transport.attempt('b').begin();
    world.transport.attempt('b').finish();
    await world.clock.advance(100);
    assert.equal(world.upload('a').status, 'sending');
    assert.equal(world.transport.attempt('a').outgoing.id, id);
  });

  test('all are paused and go on together', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd', 'e');
    world.uploads.pauseAll();
    await world.clock.advance(0);
    assert.equal(world.uploads.state().totals.counts.paused, 5);
    assert.equal(world.transport.underWay, 0);
    world.uploads.resumeAll();
    assert.equal(world.uploads.state().totals.counts.sending, 3);
    assert.equal(world.uploads.state().totals.counts.queued, 2);
  });

  test('what a paused upload still says is not heard', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const attempt = world.transport.attempt('a');
    world.uploads.pause(world.upload('a').key);
    attempt.sent(900);
    attempt.finish();
    await world.clock.advance(1000);
    assert.deepEqual([world.upload('a').status, world.upload('a').sent], ['paused', 0]);
  });

  test('a cancelled upload is given up at the service, and the browser forgets it', async () => {
    const world = new UploadsWorld();
    world.add('a');
    const id = world.transport.attempt('a').begin();
    assert.deepEqual([[...world.memory.known], [...world.claims.ids]], [[[id, 5]], [id]]);
    world.uploads.cancel(world.upload('a').key);
    assert.equal(world.transport.attempt('a').signal.aborted, true);
    await world.clock.advance(100);
    assert.deepEqual(world.transport.removed, [{ id, tenant: 'default' }]);
    assert.deepEqual(world.all(), []);
    assert.deepEqual([world.memory.known.size, world.claims.ids.size], [0, 0]);
  });

  test('an upload that the service does not know of yet is only taken off the list', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd');
    world.uploads.cancel(world.upload('d').key);
    world.uploads.cancel(world.upload('a').key);
    await world.clock.advance(100);
    assert.deepEqual(world.transport.removed, []);
    assert.equal(world.all().length, 2);
  });

  test('a removal that fails is said, and can be asked for again', async () => {
    const world = new UploadsWorld();
    world.add('a');
    world.transport.attempt('a').begin();
    world.transport.removalFailure = lost;
    world.uploads.cancel(world.upload('a').key);
    assert.equal(world.upload('a').status, 'removing');
    await world.clock.advance(100);
    assert.deepEqual([world.upload('a').status, world.upload('a').problem], ['unfinished', 'unavailable']);
    world.transport.removalFailure = error('not-found');
    world.uploads.cancel(world.upload('a').key);
    await world.clock.advance(100);
    assert.deepEqual(world.all(), []);
  });

  test('whoever signs out stops everything, and the tab has no claim on what has arrived', async () => {
    const world = new UploadsWorld();
    world.add('a', 'b', 'c', 'd');
    const id = world.transport.attempt('a').begin();
    assert.deepEqual(world.claims.ids, new Set([id]));
    world.uploads.clear();
    await world.clock.advance(100_000);
    assert.deepEqual([world.transport.underWay, world.transport.attempts.length], [0, 3]);
    assert.deepEqual([world.all(), world.claims.ids.size, world.transport.removed], [[], 0, []]);
    world.transport.uploads = [serverUpload(id, 'a')];
    await world.uploads.findUnfinished({ tenant: 'default', createdBy: 'Ada' }, { signal });
    assert.equal(world.upload('a').status, 'unfinished');
  });
});

describe('failures', () => {
  for (const code of ['quota', 'limit', 'usage', 'unexpected'] as const) {
    test(`${code} ends one upload, and the others go on`, async () => {
      const world = new UploadsWorld();
      world.add('a', 'b', 'c', 'd');
      world.transport.attempt('a').fail(error(code));
      await world.clock.advance(100);
      assert.deepEqual([world.upload('a').status, world.upload('a').problem], ['failed', code]);
      assert.equal(world.upload('d').status, 'sending');
      world.uploads.retryAll();
      assert.equal(world.upload('a').status, 'queued');
    });
  }

  for (const code of ['unauthenticated', 'permission', 'read-only', 'key-disabled'] as const) {
    test(`${code} stops the queue: thousands are not tried in vain`, async () => {
      const world = new UploadsWorld();
      world.add('a', 'b', 'c', 'd', 'e');
      world.transport.attempt('a').fail(error(code));
      await world.clock.advance(100);
      assert.equal(world.uploads.state().held, code);
      assert.equal(world.upload('d').status, 'queued');
      assert.equal(world.transport.attempts.length, 3);
      world.uploads.release();
      assert.equal(world.uploads.state().held, undefined);
      assert.equal(world.upload('a').status, 'sending');
    });
  }

  test('an upload that is gone is begun anew, when somebody says so', async () => {
    const world = new UploadsWorld();
    world.add('a');
    world.transport.attempt('a').begin();
    world.transport.attempt('a').sent(700);
    world.transport.attempt('a').fail(error('not-found'));
    await world.clock.advance(100);
    assert.equal(world.upload('a').problem, 'not-found');
    world.uploads.resume(world.upload('a').key);
    assert.equal(world.transport.attempt('a').outgoing.id, undefined);
    assert.equal(world.upload('a').sent, 0);
  });

  test('a file that cannot be read any more is no lost line', async () => {
    const world = new UploadsWorld();
    world.add('a');
    world.transport.attempt('a').fail(new UnreadableFile());
    await world.clock.advance(100_000);
    assert.deepEqual([world.upload('a').status, world.upload('a').problem], ['failed', 'unreadable-file']);
    assert.equal(world.transport.attempts.length, 1);
  });
});

describe('after a reload', () => {
  const ada = { tenant: 'default', createdBy: 'Ada' };

  test('unfinished uploads are listed, without those of others, of other tabs, and those that nobody misses', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [
      serverUpload('1', 'a'),
      serverUpload('2', 'of somebody else', { createdBy: 'Bob' }),
      serverUpload('3', 'of another tab'),
      serverUpload('4', 'nothing arrived', { offset: 0 }),
      serverUpload('5', 'nothing arrived, but begun here', { offset: 0 }),
    ];
    world.claims.ids.add('3');
    world.memory.known.set('5', 5);
    await world.uploads.findUnfinished(ada, { signal });
    await world.uploads.findUnfinished(ada, { signal });
    assert.deepEqual(
      world.all().map(({ name, status, sent }) => [name, status, sent]),
      [
        ['a', 'unfinished', 400],
        ['nothing arrived, but begun here', 'unfinished', 0],
      ],
    );
    assert.equal(world.transport.attempts.length, 0);
  });

  test('one goes on with its file, and with no other', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [serverUpload('1', 'folder/a')];
    world.memory.known.set('1', 5);
    await world.uploads.findUnfinished(ada, { signal });
    const { key } = world.upload('folder/a');
    for (const [file, problem] of [
      [fileOf('b'), 'other-file'],
      [fileOf('a', { size: 999 }), 'other-file'],
      [fileOf('a', { lastModified: 6 }), 'changed-file'],
      [fileOf('a', { size: 999, lastModified: 6 }), 'changed-file'],
    ] as const) {
      assert.equal(world.uploads.resumeWith(key, file), false);
      assert.equal(world.upload('folder/a').problem, problem);
      assert.equal(world.transport.attempts.length, 0);
    }
    assert.equal(world.uploads.resumeWith(key, fileOf('a')), true);
    assert.equal(world.upload('folder/a').status, 'sending');
    assert.deepEqual(world.transport.attempt('folder/a').outgoing.id, '1');
  });

  test('where nobody knows when the file was changed, its name and size are enough', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [serverUpload('1', 'a')];
    await world.uploads.findUnfinished(ada, { signal });
    assert.equal(world.uploads.resumeWith(world.upload('a').key, fileOf('a', { lastModified: 77 })), true);
  });

  test('one that was begun without a size goes on with a file that is not shorter than what has arrived', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [serverUpload('1', 'a', { size: null })];
    await world.uploads.findUnfinished(ada, { signal });
    const { key } = world.upload('a');
    assert.equal(world.uploads.resumeWith(key, fileOf('a', { size: 399 })), false);
    assert.equal(world.uploads.resumeWith(key, fileOf('a', { size: 5000 })), true);
    assert.equal(world.transport.attempt('a').outgoing.size, null);
  });

  test('the same files, dropped again, go on where they were; others begin anew', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [
      serverUpload('1', 'folder/a'),
      serverUpload('2', 'folder/b'),
      serverUpload('3', 'folder/c'),
    ];
    world.memory.known.set('1', 5);
    world.memory.known.set('2', 6);
    await world.uploads.findUnfinished(ada, { signal });
    world.add('folder/a', 'folder/b', 'folder/c');
    assert.deepEqual(
      world.transport.attempts.map(({ outgoing: { name, id } }) => [name, id]),
      [
        ['folder/a', '1'],
        // It was changed since.
        ['folder/b', undefined],
        // Nobody knows.
        ['folder/c', undefined],
      ],
    );
  });

  test('one is given up when somebody says so', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [serverUpload('1', 'a')];
    await world.uploads.findUnfinished(ada, { signal });
    world.uploads.cancel(world.upload('a').key);
    await world.clock.advance(100);
    assert.deepEqual(world.transport.removed, [{ id: '1', tenant: 'default' }]);
    assert.deepEqual(world.all(), []);
  });

  test('those of another tenant go out of sight with it', async () => {
    const world = new UploadsWorld();
    world.transport.uploads = [serverUpload('1', 'a')];
    await world.uploads.findUnfinished(ada, { signal });
    world.uploads.showUnfinishedOf('default');
    assert.equal(world.all().length, 1);
    world.uploads.showUnfinishedOf('other');
    assert.deepEqual(world.all(), []);
  });
});
