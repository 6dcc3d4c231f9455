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
    if (value === undefined || value.until <= core.now()) {
      const taken = { holder, until: core.now() + TERM, wanted: false };
      if (await writeLock(core, file, taken, { expect: version, signal })) {
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
    try {
      const { version, value } = await readLock(this.#core, this.#file);
      if (version === null || value?.holder !== this.#holder) return;
      const removal = { type: 'remove', ...placeOf(this.#file), expect: version } as const;
      await writeIfFirst(this.#core.catalog, [removal]);
    } catch {
      // It runs out by itself.
    }
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
