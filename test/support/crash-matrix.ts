/** A fault at every call of a verb, and what must be so afterwards: the rows are in test/crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { isSealroomError } from '../../src/errors.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Vault, VaultTuning } from '../../src/vault/vault.ts';
import { everyFault, outcomeOf, runTask } from './dying.ts';
import type { FaultAt, Outcome } from './dying.ts';
import { memoryVault } from './memory-vault.ts';
import type { World } from './memory-vault.ts';
import { snapshotOf } from './snapshot.ts';
import { onAws, spread } from './stores.ts';

export const GRACE = 60_000;
export const UPLOAD_TIME = 3_600_000;
export const KEPT: Uint8Array = patterned(70, 2);

/** What was there before. */
export interface Scene {
  readonly world: World;
  /** A file of two segments. */
  readonly file: string;
  /** The upload, or the other file, that the row is about; empty where it is about none. */
  readonly subject: string;
}

export interface Row {
  readonly name: string;
  readonly tuning?: VaultTuning;
  /** Makes more of the scene than a vault with one file; gives the id of what the row is about. */
  readonly prepare?: (scene: Scene) => Promise<string | void>;
  readonly run: (vault: Vault, scene: Scene) => Promise<unknown>;
  /** What must be so once the run is over, and the process did not die. */
  readonly after: (vault: Vault, scene: Scene, outcome: Outcome) => Promise<void>;
  /** What must be so once it was tried again, whatever became of the first try. */
  readonly atLast?: (vault: Vault, scene: Scene) => Promise<void>;
  /** Code with which a second try says that the first one took effect. */
  readonly again?: string;
  /** Names of the calls that the row is about: one that it does not make would leave a hole in the matrix. */
  readonly makes: readonly string[];
  /** Only faults at so many calls before the end: those before are like others. */
  readonly last?: number;
  /** Only every so-manieth fault, where each takes its time. */
  readonly every?: number;
}

/** A scene that can be brought back, for one with hundreds of segments takes its time to make. */
interface Stage {
  readonly scene: Scene;
  restore(): void;
}

async function setStage({ prepare, tuning }: Row): Promise<Stage> {
  const { world, vault } = await memoryVault({
    segmentLength: 40,
    graceTime: GRACE,
    uploadTime: UPLOAD_TIME,
    ...tuning,
  });
  const { id } = await vault.tenant('default').put(KEPT, { name: 'kept' });
  vault[Symbol.dispose]();
  const bare = { world, file: id, subject: '' };
  const scene = { ...bare, subject: (await prepare?.(bare)) ?? '' };
  return { scene, restore: snapshotOf(world) };
}

/**
 * Declares the test of a row.
 *
 * @param sample every so-manieth fault is enough where each takes many calls of a server
 */
export function testRow(row: Row, sample = 9): void {
  test(`of ${row.name} leaves nothing behind`, async (t) => {
    const stage = await setStage(row);
    let { scene } = stage;
    const { calls, outcome } = await runTask(scene.world, (vault) => row.run(vault, scene));
    if (!outcome.done) throw outcome.error;
    const names = new Set(calls.map(({ name }) => name));
    for (const name of row.makes) assert.ok(names.has(name), `${row.name} calls ${name}`);
    await row.after(await scene.world.open(), scene, outcome);
    await expectNothingLeft(scene.world);
    const { last = calls.length, every = 1 } = row;
    const faults = everyFault(calls)
      .filter(({ call }) => call > calls.length - last)
      .filter((_, i) => i % every === 0);
    t.diagnostic(`${calls.length} calls, ${faults.length} faults`);
    for (const fault of spread(faults, sample)) {
      try {
        // What is far away is not brought back behind its back.
        if (onAws) ({ scene } = await setStage(row));
        else stage.restore();
        await runRow(row, scene, fault);
      } catch (error) {
        const { call, name, moment, crash } = fault;
        throw new Error(`call ${call} (${name}) failed ${moment}${crash ? ', and the process died' : ''}`, {
          cause: error,
        });
      }
    }
  });
}

async function runRow(row: Row, scene: Scene, fault: FaultAt): Promise<void> {
  const { world } = scene;
  await using run = await runTask(world, (vault) => row.run(vault, scene), fault);
  await world.check();
  using vault = await world.open();
  if (!fault.crash) await row.after(vault, scene, run.outcome);
  const again = await outcomeOf(row.run(vault, scene));
  if (!again.done)
    assert.ok(row.again !== undefined && isSealroomError(again.error, row.again as never), String(again.error));
  await row.atLast?.(vault, scene);
  await world.check();
  await expectNothingLeft(world);
}

/** Sweeps of a new process, grace 0, when every upload’s time is over: what is left is what records list. */
async function expectNothingLeft(world: World): Promise<void> {
  world.clock.time += UPLOAD_TIME;
  using vault = await world.open();
  await vault.sweep({ grace: 0 });
  await vault.sweep({ grace: 0 });
  assert.deepEqual(
    [...world.catalog.items.values()].filter(
      ({ partition, sort }) => /^(?:journal|upload|part)\//.test(partition) || sort.endsWith('/upload'),
    ),
    [],
  );
  // No entry names a blob or a page any more, so every one is listed.
  await world.check();
}

export async function idsOf(vault: Vault): Promise<string[]> {
  const { files, unreadable } = await vault.tenant('default').list();
  assert.deepEqual(unreadable, []);
  return files.map(({ id }) => id);
}

export async function expectBytes(vault: Vault, id: string, bytes: Uint8Array): Promise<void> {
  assert.deepEqual(await collect((await vault.tenant('default').get(id)).body), bytes);
}

export function partitionsOf({ catalog }: World): string[] {
  return Array.from(catalog.items.values(), ({ partition }) => partition);
}

/** Gives the tenant a quota, and has what it holds counted. */
export async function limitTenant({ world }: Scene): Promise<void> {
  using vault = await world.open();
  await vault.setQuota('default', { bytes: 10_000, files: null });
  const files = vault.tenant('default');
  const { id } = await files.put(KEPT, { name: 'counted' });
  await files.remove(id);
}
