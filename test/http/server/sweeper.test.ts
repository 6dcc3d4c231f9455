import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SealroomError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/http/observe/log.ts';
import { sweepRegularly } from '../../../src/http/server/sweeper.ts';
import type { SweeperOptions } from '../../../src/http/server/sweeper.ts';
import type { SweepReport } from '../../../src/vault/sweep.ts';
import { memoryVault } from '../../support/memory-vault.ts';

type Line = Record<string, unknown>;

/** A logger whose lines are kept. */
function keptLog(): { logger: NonNullable<SweeperOptions['logger']>; lines: Line[] } {
  const lines: Line[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  return { logger: createLogger({ stream }), lines };
}

const clean: SweepReport = { expired: 0, claimed: 0, finished: 0, waiting: 0, ignored: 0, failed: [] };

/** Sweeps until `sweep` calls `stop`; gives what was logged. */
async function sweepUntil(
  sweep: (round: number, stop: () => void, signal: AbortSignal) => Promise<SweepReport>,
  lease: () => Promise<boolean> = async () => true,
): Promise<Line[]> {
  const { logger, lines } = keptLog();
  const stopping = new AbortController();
  let round = 0;
  const vault: SweeperOptions['vault'] = {
    lease,
    sweep: (options) => sweep(++round, () => stopping.abort(), options!.signal!),
  };
  await sweepRegularly({ vault, every: 1, logger, signal: stopping.signal });
  return lines;
}

describe('the sweeper', () => {
  test('sweeps again and again, and logs the counts of each', async () => {
    const lines = await sweepUntil(async (round, stop) => {
      if (round === 3) stop();
      return { ...clean, finished: round };
    });
    assert.deepEqual(
      lines.map(({ msg, finished, failed }) => [msg, finished, failed]),
      [1, 2, 3].map((round) => ['swept', round, 0]),
    );
  });

  test('does not begin a sweep while one is under way', async () => {
    let running = 0;
    await sweepUntil(async (round, stop) => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setTimeout(resolve, 10));
      running--;
      if (round === 3) stop();
      return clean;
    });
  });

  test('leaves it to another who has the lease', async () => {
    let asked = 0;
    const lines = await sweepUntil(
      async (_, stop) => {
        assert.equal(asked, 4, 'no sweep before the lease was given');
        stop();
        return clean;
      },
      async () => ++asked === 4,
    );
    assert.equal(lines.length, 1);
  });

  test('goes on after an error, and logs its code and none of its text', async () => {
    const lines = await sweepUntil(async (round, stop) => {
      if (round === 1) throw new SealroomError('unavailable', 'secret');
      if (round === 2) throw new TypeError('secret');
      stop();
      return { ...clean, failed: [new SealroomError('damaged', 'secret')] };
    });
    assert.deepEqual(
      lines.map(({ level, code, failed }) => [level, code ?? failed]),
      [
        [50, 'unavailable'],
        [50, 'unexpected'],
        [30, 1],
        [50, 'damaged'],
      ],
    );
    assert.ok(!JSON.stringify(lines).includes('secret'));
  });

  test('ends at once when it is to, in the middle of a sweep too, and without a word', async () => {
    const lines = await sweepUntil(async (_, stop, signal) => {
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => reject(new SealroomError('cancelled', 'x')));
      stop();
      return promise;
    });
    assert.deepEqual(lines, []);
    const ended = AbortSignal.abort();
    const untouched = { lease: () => assert.fail('it has ended'), sweep: () => assert.fail('it has ended') };
    await sweepRegularly({ vault: untouched, every: 1, signal: ended });
  });

  test('sweeps a vault by one of two services that are on it', async () => {
    const { world, vault } = await memoryVault();
    using other = await world.open();
    const stopping = new AbortController();
    const logs = [keptLog(), keptLog()];
    const sweeps = [vault, other].map((each, i) =>
      sweepRegularly({ vault: each, every: 5, logger: logs[i]!.logger, signal: stopping.signal }),
    );
    while (logs.every(({ lines }) => lines.length < 3)) await new Promise((resolve) => setTimeout(resolve, 5));
    stopping.abort();
    await Promise.all(sweeps);
    // The clock of this vault stands still, so that no lease ends.
    assert.equal(logs.filter(({ lines }) => lines.length === 0).length, 1);
    vault[Symbol.dispose]();
  });
});
