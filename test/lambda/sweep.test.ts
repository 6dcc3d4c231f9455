/** The function that sweeps. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../src/errors.ts';
import { createLogger } from '../../src/http/observe/log.ts';
import { sweepHandler } from '../../src/lambda/sweep.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { memoryVault } from '../support/memory-vault.ts';

const scheduled = { source: 'aws.scheduler', 'detail-type': 'Scheduled Event', detail: {} };
const DAY = 86_400_000;

function sweeping(vault: Pick<Vault, 'sweep'>, remaining = 300_000) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ stream: { write: (line) => void lines.push(JSON.parse(line)) } });
  const handler = sweepHandler({ vault: () => Promise.resolve(vault), logger });
  return { lines, run: () => handler(scheduled, { getRemainingTimeInMillis: () => remaining }) };
}

describe('the function that sweeps', () => {
  test('does one sweep, and logs what it did without names', async () => {
    const { world, vault } = await memoryVault();
    const files = vault.tenant('default');
    const expires = new Date(world.clock.time + DAY).toISOString();
    await files.put(Buffer.from('x'), { name: 'secret-plans.txt', expires });
    await files.put(Buffer.from('y'), { name: 'stays.txt' });
    world.clock.time += 2 * DAY;
    const { lines, run } = sweeping(vault);
    await run();
    assert.equal(world.blobs.blobs.size, 1);
    assert.deepEqual(
      lines.map(({ msg, expired, failed }) => ({ msg, expired, failed })),
      [{ msg: 'swept', expired: 1, failed: 0 }],
    );
    assert.ok(!JSON.stringify(lines).includes('secret-plans'));
    await world.check();
  });

  test('fails when the sweep fails, and says why', async () => {
    const error = new SealroomError('unavailable', 'the table t: AWS did not answer');
    const { lines, run } = sweeping({ sweep: () => Promise.reject(error) });
    await assert.rejects(run(), error);
    const [{ msg, error: told }] = lines as [{ msg: string; error: { code: string } }];
    assert.deepEqual([msg, told.code], ['a sweep failed', 'unavailable']);
  });

  test('gives up before Lambda ends it', async () => {
    // What is given to it is about to end; a sweep that never does is told so.
    const { lines, run } = sweeping(
      {
        sweep: ({ signal } = {}) =>
          new Promise((_resolve, reject) => {
            signal!.addEventListener('abort', () => reject(new SealroomError('cancelled', 'told to end')));
          }),
      },
      1,
    );
    // The timer of a signal keeps no process alive.
    const alive = setInterval(() => {}, 1000);
    try {
      await assert.rejects(run(), { code: 'cancelled' });
    } finally {
      clearInterval(alive);
    }
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['a sweep ran out of time: the next goes on with what is left'],
    );
  });

  test('logs what it had to leave to the next, and does not fail for that', async () => {
    const failed = [new SealroomError('unavailable', 'the bucket b: AWS did not answer')];
    const counts = { expired: 0, claimed: 0, finished: 0, waiting: 1, ignored: 0 };
    const { lines, run } = sweeping({ sweep: () => Promise.resolve({ ...counts, failed }) });
    await run();
    assert.deepEqual(
      lines.map(({ msg, code }) => [msg, code]),
      [
        ['swept', undefined],
        ['a sweep left something to the next', 'unavailable'],
      ],
    );
  });
});
