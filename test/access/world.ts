/** A vault with two tenants, a file in each, and its doors. */
import assert from 'node:assert/strict';
import { openAccess } from '../../src/access/open.ts';
import type { Access } from '../../src/access/open.ts';
import type { Principal } from '../../src/access/roles.ts';
import { SealroomError } from '../../src/errors.ts';
import type { Catalog } from '../../src/ports.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

export interface AccessWorld {
  readonly world: World;
  readonly vault: Vault;
  readonly access: Access;
  /** A file of `default`, and one of `acme`. */
  readonly file: string;
  readonly acmeFile: string;
  /** A time from now on, as callers say it. */
  readonly later: (milliseconds: number) => string;
  /** Doors of another process. */
  readonly another: () => Promise<Access>;
}

export async function accessWorld(pageLimit?: number): Promise<AccessWorld> {
  const { world, vault } = await memoryVault(pageLimit === undefined ? {} : { pageLimit });
  await vault.createTenant('acme');
  const { id: file } = await vault.tenant('default').put([], { name: 'one' });
  const { id: acmeFile } = await vault.tenant('acme').put([], { name: 'two' });
  const open = (opened: Vault): Access => openAccess(opened, { now: world.clock.now });
  return {
    world,
    vault,
    access: open(vault),
    file,
    acmeFile,
    later: (milliseconds) => new Date(world.clock.time + milliseconds).toISOString(),
    another: async () => open(await world.open()),
  };
}

export const SOMEBODY: Principal = { id: 'somebody', name: 'Some Body', tenant: 'default', role: 'reader' };

/** The text with one character changed, and still of the same form. */
export function damaged(text: string): string {
  const last = text.at(-1);
  assert.ok(last !== undefined);
  return text.slice(0, -1) + (last === 'A' ? 'B' : 'A');
}

/** Doors whose catalog answers until it is told not to, and the names of the calls that it got. */
export async function mutedDoors({
  world,
}: AccessWorld): Promise<{ access: Access; mute: () => void; calls: string[] }> {
  const calls: string[] = [];
  let muted = false;
  const heard = <T>(name: string, call: () => Promise<T>): Promise<T> => {
    calls.push(name);
    return muted ? Promise.reject(new SealroomError('unavailable', 'a silence that a test asked for')) : call();
  };
  const catalog: Catalog = {
    get: (...call) => heard('get', () => world.catalog.get(...call)),
    list: (...call) => heard('list', () => world.catalog.list(...call)),
    write: (...call) => heard('write', () => world.catalog.write(...call)),
  };
  const access = openAccess(await world.open({ catalog }), { now: world.clock.now });
  return { access, mute: () => void (muted = true), calls };
}

/** Everything in the catalog, as one text. */
export function everythingIn(world: World): string {
  return [...world.catalog.items].map(([key, { data }]) => `${key} ${Buffer.from(data).toString()}`).join('\n');
}
