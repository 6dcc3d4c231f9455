/** Who works on an upload. It saves work, and nothing rests on it: every write of an upload expects its version (F43). */
import { setTimeout as sleep } from 'node:timers/promises';
import { orCancelled } from '../../cancellable.ts';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';
import { encodeChanges } from '../authentic-items.ts';
import { checkWritable } from '../core.ts';
import type { VaultCore } from '../core.ts';
import { checkFileId, randomId } from '../identifiers.ts';
import { decodeItem } from '../items.ts';
import type { FilePlace } from '../record-access.ts';
import { writeIfFirst } from '../write.ts';

export interface LockOptions extends CallOptions {
  /** Called once, when another wants the lock or has it: finish what has arrived, and release it. */
  readonly onWanted: () => void;
  /** How long to wait for another, in milliseconds; 20 seconds unless given. */
  readonly patience?: number | undefined;
}

export interface UploadLock extends AsyncDisposable {
  /** Lets the next one have it. Never fails: a lock that cannot be given back runs out. */
  release(): Promise<void>;
}

/** How often its holder looks whether another wants it, in milliseconds. */
const LOOK_EVERY = 500;
/** How long a holder who says nothing has it, in milliseconds: a process that died holds up an upload no longer. */
const TERM = 10_000;
const PATIENCE = 20_000;
const WAIT = 100;

interface LockValue {
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly wanted: boolean;
}

/** What stands under a lock; the place of an item that is not authentic is taken, and anyone may have it. */
interface LockState {
  readonly version: string | null;
  readonly value: LockValue | undefined;
}

function placeOf({ tenant, file }: FilePlace): { readonly partition: string; readonly sort: string } {
  return { partition: 'lease', sort: `upload/${tenant}/${file}` };
}

async function readLock(core: VaultCore, file: FilePlace, { signal }: CallOptions = {}): Promise<LockState> {
  const place = placeOf(file);
  const item = await core.catalog.get(place.partition, place.sort, { signal });
  if (item === undefined) return { version: null, value: undefined };
  using itemKeys = await core.keys.itemKeys({ signal });
  const json = decodeItem(item.data, { vault: core.id, ...place }, itemKeys.byVersion);
  const value = json && {
    holder: json.string('holder'),
    until: json.count('until'),
    wanted: json.boolean('wanted'),
  };
  return { version: item.version, value };
}

export async function lockUpload(
  core: VaultCore,
  file: FilePlace,
  { onWanted, patience = PATIENCE, signal }: LockOptions,
): Promise<UploadLock> {
  checkWritable(core);
  checkFileId(file.file);
  const holder = randomId();
  const giveUp = performance.now() + patience;
  for (;;) {
    const { version, value } = await readLock(core, file, { signal });
    if (value === undefined || hasRunOut(value, core.now())) {
      if (await takeLock(core, file, { holder, expect: version, signal })) {
        return new HeldLock(core, file, { holder, onWanted });
      }
    } else {
      if (performance.now() >= giveUp) {
        throw new SealroomError('in-progress', 'another request works on this upload: try again');
      }
      if (!value.wanted) await writeLock(core, file, { ...value, wanted: true }, { expect: version, signal });
      await orCancelled(sleep(WAIT * (0.5 + Math.random())), signal);
    }
  }
}

/** A term that is longer than any comes of a clock that is ahead, and says nothing. */
function hasRunOut({ until }: LockValue, now: number): boolean {
  return until <= now || until > now + 2 * TERM;
}

/** False when another was first. Whoever is cut off meanwhile holds nobody up. */
async function takeLock(
  core: VaultCore,
  file: FilePlace,
  { holder, expect, signal }: CallOptions & { readonly holder: string; readonly expect: string | null },
): Promise<boolean> {
  try {
    const taken = { holder, until: core.now() + TERM, wanted: false };
    return await writeLock(core, file, taken, { expect, signal });
  } catch (error) {
    await giveBack(core, file, holder);
    throw error;
  }
}

/** Never fails: a lock that cannot be given back runs out. */
async function giveBack(core: VaultCore, file: FilePlace, holder: string): Promise<void> {
  try {
    for (;;) {
      const { version, value } = await readLock(core, file);
      if (version === null || value?.holder !== holder) return;
      // Who wants it may be the one who writes in between: he would wait for its term to end.
      if (await writeIfFirst(core.catalog, [{ type: 'remove', ...placeOf(file), expect: version }])) return;
    }
  } catch {
    // Nothing rests on it.
  }
}

/** False when another was first. */
async function writeLock(
  core: VaultCore,
  file: FilePlace,
  value: LockValue,
  { expect, signal }: CallOptions & { readonly expect: string | null },
): Promise<boolean> {
  // Past that it is of no use to anybody, and a store may forget it.
  const expires = value.until + TERM;
  const change = { type: 'put', ...placeOf(file), value: { ...value }, expect, expires } as const;
  return writeIfFirst(core.catalog, await encodeChanges(core, [change], { signal }), { signal });
}

/** A lock that is held: it looks whether another wants it, and is renewed while nobody does. */
class HeldLock implements UploadLock {
  readonly #core: VaultCore;
  readonly #file: FilePlace;
  readonly #holder: string;
  readonly #onWanted: () => void;
  readonly #ended = new AbortController();
  readonly #looking: Promise<void>;

  constructor(
    core: VaultCore,
    file: FilePlace,
    { holder, onWanted }: { readonly holder: string; readonly onWanted: () => void },
  ) {
    this.#core = core;
    this.#file = file;
    this.#holder = holder;
    this.#onWanted = onWanted;
    this.#looking = this.#look();
  }

  async release(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    await this.#looking;
    await giveBack(this.#core, this.#file, this.#holder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** Ends when it is wanted, lost or released. */
  async #look(): Promise<void> {
    for (;;) {
      try {
        await sleep(LOOK_EVERY, undefined, { signal: this.#ended.signal, ref: false });
      } catch {
        return;
      }
      try {
        const { version, value } = await readLock(this.#core, this.#file);
        if (value?.holder !== this.#holder || value.wanted) {
          this.#onWanted();
          return;
        }
        const until = this.#core.now() + TERM;
        if (value.until < until - TERM / 3) {
          await writeLock(this.#core, this.#file, { ...value, until }, { expect: version });
        }
      } catch {
        // A catalog that does not answer: the next look will tell, and meanwhile the lock may run out.
      }
    }
  }
}
