/** Tasks whose ports fail at a chosen call, in a process that goes on or dies there. */
import { Faults } from '../../src/testing/faulty.ts';
import type { Call, Moment } from '../../src/testing/faulty.ts';
import type { Vault, VaultPorts } from '../../src/vault/vault.ts';
import type { World } from './memory-vault.ts';

export interface FaultAt {
  /** Counted from the first call after the vault was opened. */
  readonly call: number;
  readonly moment: Moment;
  readonly crash: boolean;
}

export type Outcome =
  | { readonly done: true; readonly value: unknown }
  | { readonly done: false; readonly error: unknown };

/** A run that is over; its leftovers stay until it is disposed. */
export interface Run extends AsyncDisposable {
  readonly outcome: Outcome;
  readonly calls: readonly Call[];
}

/** Runs a task on an instance of the world's vault. */
export async function runTask(world: World, task: (vault: Vault) => Promise<unknown>, fault?: FaultAt): Promise<Run> {
  const { ports, faults, fail } = faultyPorts(world, fault);
  const vault = await world.open(ports);
  const before = faults.calls.length;
  fail(before);
  const outcome = await outcomeOf(task(vault));
  vault[Symbol.dispose]();
  return { outcome, calls: faults.calls.slice(before), [Symbol.asyncDispose]: () => faults[Symbol.asyncDispose]() };
}

/** Ports of which all calls are counted together. Nothing fails before `fail` says which call is the first. */
export function faultyPorts(
  world: World,
  fault?: FaultAt,
): { ports: VaultPorts; faults: Faults; fail: (before: number) => void } {
  const chosen = { moment: 'before' as Moment, crash: false, ...fault, call: Infinity };
  const faults = new Faults(chosen);
  const { keyring, blobs, catalog } = world.ports;
  const ports = {
    keyring: faults.wrap('keyring', keyring),
    blobs: faults.wrap('blobs', blobs),
    catalog: faults.wrap('catalog', catalog),
  };
  const fail = (before: number): void => {
    if (fault !== undefined) chosen.call = before + fault.call;
  };
  return { ports, faults, fail };
}

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  return call.then(
    (value) => ({ done: true, value }) as const,
    (error: unknown) => ({ done: false, error }) as const,
  );
}

/** Each moment of each call at which a task can fail, with the process going on and with it dying. */
export function everyFault(calls: readonly Call[]): (FaultAt & { readonly name: string })[] {
  return calls.flatMap(({ name, moments }, i) =>
    moments.flatMap((moment) => [false, true].map((crash) => ({ call: i + 1, name, moment, crash }))),
  );
}
