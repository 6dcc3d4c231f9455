/** What is said of uploads: to screen readers, on the tab, in plain words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealroomError, errorTable } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import { text } from '../../../web/src/text.ts';
import { announcementOf } from '../../../web/src/uploads/announcements.ts';
import { problemTextOf, textOfProblem } from '../../../web/src/uploads/problem-text.ts';
import { passes } from '../../../web/src/uploads/problems.ts';
import { withPrefix } from '../../../web/src/uploads/title.ts';
import { UploadsWorld } from './world.ts';

const said = text.upload.announce;
const lost = new SealroomError('unavailable', 'lost');

test('beginning, a line that is lost and is back, and the end are said, and no percent', async () => {
  const world = new UploadsWorld();
  const heard: (string | undefined)[] = [];
  let before = world.uploads.state();
  const listen = async (milliseconds: number): Promise<void> => {
    await world.clock.advance(milliseconds);
    const now = world.uploads.state();
    heard.push(announcementOf(before, now));
    before = now;
  };
  world.add('a', 'b');
  await listen(0);
  for (let sent = 0; sent < 1000; sent += 10) {
    world.transport.attempt('a').sent(sent);
    await world.clock.advance(10);
  }
  await listen(100);
  world.add('c');
  await listen(0);
  world.transport.attempt('a').fail(lost);
  await listen(100);
  world.transport.attempt('b').fail(lost);
  await listen(100);
  world.line.comeBack();
  await listen(100);
  for (const name of ['a', 'b', 'c']) {
    world.transport.attempt(name).begin();
    world.transport.attempt(name).finish();
  }
  await listen(100);
  assert.deepEqual(heard, [
    said.begun(2),
    undefined,
    said.added(1),
    said.lineLost,
    undefined,
    said.lineBack,
    said.done(3),
  ]);
});

test('failures, and what stops everything, are said once', async () => {
  const world = new UploadsWorld();
  world.add('a', 'b');
  const begun = world.uploads.state();
  world.transport.attempt('a').fail(new SealroomError('quota', 'full'));
  await world.clock.advance(100);
  const failed = world.uploads.state();
  assert.equal(announcementOf(begun, failed), said.failed(1));
  assert.equal(announcementOf(failed, failed), undefined);
  world.transport.attempt('b').fail(new SealroomError('read-only', 'no changes'));
  await world.clock.advance(100);
  assert.equal(announcementOf(failed, world.uploads.state()), `${textOfProblem('read-only')} ${said.failed(2)}`);
});

test('of files that arrive before anything was said of them, the end is said', async () => {
  const world = new UploadsWorld();
  const before = world.uploads.state();
  world.add('a');
  world.transport.attempt('a').begin();
  world.transport.attempt('a').finish();
  await world.clock.advance(100);
  assert.equal(announcementOf(before, world.uploads.state()), said.done(1));
});

test('how far it is stands before whatever the tab is called, and goes again', () => {
  const first = withPrefix('Files', { before: '', now: '5% · ' });
  assert.equal(first, '5% · Files');
  assert.equal(withPrefix(first, { before: '5% · ', now: '6% · ' }), '6% · Files');
  // A view has named the tab anew.
  assert.equal(withPrefix('Administration', { before: '5% · ', now: '6% · ' }), '6% · Administration');
  assert.equal(withPrefix('6% · Files', { before: '6% · ', now: '' }), 'Files');
});

test('everything that an upload waits for has words of its own', () => {
  const codes = (Object.keys(errorTable) as ErrorCode[]).filter((code) => passes(new SealroomError(code, code)));
  assert.ok(codes.includes('unavailable') && codes.includes('conflict'));
  for (const code of codes) assert.notEqual(textOfProblem(code), text.upload.problems.unexpected, code);
});

test('a name that is too long is told from a file that is too large', () => {
  const problem = 'limit';
  assert.equal(problemTextOf({ name: 'ä'.repeat(513), problem }), text.upload.nameTooLong);
  assert.equal(problemTextOf({ name: 'ä'.repeat(512), problem }), text.upload.problems.limit);
  assert.equal(problemTextOf({ name: 'a', problem: undefined }), undefined);
});
