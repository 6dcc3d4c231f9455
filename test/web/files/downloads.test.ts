/** Several downloads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stat } from '../../../src/vault/files.ts';
import { Downloads } from '../../../web/src/files/downloads.ts';
import { fileOf } from './listed.ts';

interface World {
  readonly downloads: Downloads;
  readonly started: string[];
  readonly failed: string[];
  readonly pauses: PromiseWithResolvers<void>[];
}

/** @param refused the name of a file that is not to be had */
function world({ refused, pauses }: { readonly refused?: string; readonly pauses: boolean }): World {
  const started: string[] = [];
  const failed: string[] = [];
  const waiting: PromiseWithResolvers<void>[] = [];
  const downloads = new Downloads({
    start: async ({ name }) => {
      started.push(name);
      if (name === refused) throw new Error('it is not to be had');
    },
    onFailed: ({ name }) => failed.push(name),
    pause: () => {
      const pause = Promise.withResolvers<void>();
      waiting.push(pause);
      if (!pauses) pause.resolve();
      return pause.promise;
    },
  });
  return { downloads, started, failed, pauses: waiting };
}

const files: readonly Stat[] = [1, 2, 3].map((number) => fileOf(number, `f${number}`));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('files are downloaded one after the other, with a pause between two', async () => {
  const { downloads, started, pauses } = world({ pauses: true });
  const all = downloads.add(files);
  await turn();
  assert.deepEqual(started, ['f1']);
  assert.deepEqual(downloads.state(), { position: 1, count: 3 });
  pauses[0]!.resolve();
  await turn();
  assert.deepEqual(started, ['f1', 'f2']);
  assert.deepEqual(downloads.state(), { position: 2, count: 3 });
  pauses[1]!.resolve();
  await all;
  assert.deepEqual(started, ['f1', 'f2', 'f3']);
  assert.equal(pauses.length, 2);
  assert.equal(downloads.state(), undefined);
});

test('one that is not to be had is told, and does not keep the others', async () => {
  const { downloads, started, failed } = world({ refused: 'f2', pauses: false });
  await downloads.add(files);
  assert.deepEqual(started, ['f1', 'f2', 'f3']);
  assert.deepEqual(failed, ['f2']);
});

test('what is added meanwhile comes after what waits', async () => {
  const { downloads, started, pauses } = world({ pauses: true });
  const all = downloads.add(files.slice(0, 2));
  await turn();
  await downloads.add([fileOf(4, 'f4')]);
  assert.deepEqual(downloads.state(), { position: 1, count: 3 });
  pauses[0]!.resolve();
  await turn();
  pauses[1]!.resolve();
  await all;
  assert.deepEqual(started, ['f1', 'f2', 'f4']);
});

test('after it was stopped nothing more is started, and it can begin anew', async () => {
  const { downloads, started, pauses } = world({ pauses: true });
  const all = downloads.add(files);
  await turn();
  downloads.stop();
  assert.equal(downloads.state(), undefined);
  const again = downloads.add([fileOf(5, 'f5'), fileOf(6, 'f6')]);
  pauses[0]!.resolve();
  await all;
  // What was stopped has come to its end, and says nothing of what began meanwhile.
  assert.deepEqual(downloads.state(), { position: 1, count: 2 });
  pauses[1]!.resolve();
  await again;
  assert.deepEqual(started, ['f1', 'f5', 'f6']);
  assert.equal(downloads.state(), undefined);
});
