/** Many clients at once, who upload, download, remove and hang up as they please, and compare every byte. */
import { HttpClient } from './http-client.ts';
import type { ClientOptions } from './http-client.ts';
import { Draws, checkSeeded, seededBytes } from './seeded-bytes.ts';

export interface CrowdOptions extends Omit<ClientOptions, 'signal'> {
  readonly clients: number;
  /** How long they go on beginning things. */
  readonly milliseconds: number;
  /** Most bytes of a file. */
  readonly largest: number;
  /** The same seed makes the same choices, though not at the same moments. */
  readonly seed: number;
}

/** A file that is there. */
export interface KeptFile {
  readonly seed: number;
  readonly size: number;
}

export type Action = 'upload' | 'download' | 'range' | 'remove' | 'hang up uploading' | 'hang up downloading';

export interface CrowdReport {
  /** How often each was done. */
  readonly done: Readonly<Record<Action, number>>;
  /** Of files, in either direction; without what was broken off. */
  readonly bytes: { readonly sent: number; readonly received: number };
  /** What went wrong. */
  readonly errors: readonly string[];
  /** What must be there now, by id, and nothing else. */
  readonly kept: ReadonlyMap<string, KeptFile>;
}

/** How often each is chosen, of 100. */
const SHARES: readonly (readonly [share: number, action: Action])[] = [
  [30, 'upload'],
  [38, 'download'],
  [10, 'range'],
  [8, 'hang up uploading'],
  [8, 'hang up downloading'],
  [6, 'remove'],
];
/** So many files for each client are kept at most, so that the disk does not fill. */
const FILES_PER_CLIENT = 2;
/** How long something may take after the time is over, in milliseconds. */
const PATIENCE = 60_000;
/** More would say nothing new. */
const MOST_ERRORS = 50;

export async function runCrowd(options: CrowdOptions): Promise<CrowdReport> {
  const crowd = new Crowd(options);
  await Promise.all(Array.from({ length: options.clients }, (_, index) => crowd.member(index)));
  return crowd;
}

class Crowd implements CrowdReport {
  readonly done: Record<Action, number> = {
    upload: 0,
    download: 0,
    range: 0,
    remove: 0,
    'hang up uploading': 0,
    'hang up downloading': 0,
  };
  readonly bytes = { sent: 0, received: 0 };
  readonly errors: string[] = [];
  readonly kept = new Map<string, KeptFile>();
  readonly #options: CrowdOptions;
  /** Files that somebody reads, or is about to remove, are nobody's to remove. */
  readonly #readers = new Map<string, number>();
  readonly #end: number;
  readonly #late: AbortSignal;
  #lastSeed: number;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#end = performance.now() + options.milliseconds;
    this.#late = AbortSignal.timeout(options.milliseconds + PATIENCE);
    this.#lastSeed = options.seed;
  }

  async member(index: number): Promise<void> {
    const { url, token, seed } = this.#options;
    using client = new HttpClient({ url, token, signal: this.#late });
    const draws = new Draws(seed + index);
    // Each of them once in any case.
    const first = SHARES.map(([, action]) => action);
    while ((performance.now() < this.#end || first.length > 0) && this.errors.length < MOST_ERRORS) {
      const action = first.shift() ?? this.#choose(draws);
      try {
        if (await this.#act(action, client, draws)) this.done[action]++;
      } catch (error) {
        this.errors.push(`${action}: ${String(error)}`);
      }
    }
  }

  #choose(draws: Draws): Action {
    if (this.kept.size >= FILES_PER_CLIENT * this.#options.clients && draws.share() < 0.5) return 'remove';
    let left = draws.below(100);
    for (const [share, action] of SHARES) {
      left -= share;
      if (left < 0) return action;
    }
    throw new Error('the shares make no 100');
  }

  /** False when there was nothing to do it with. */
  #act(action: Action, client: HttpClient, draws: Draws): Promise<boolean> {
    const ways: Readonly<Record<Action, () => Promise<boolean>>> = {
      upload: () => this.#upload(client, draws),
      'hang up uploading': () => this.#hangUpUploading(client, draws),
      download: () => this.#reading(draws, (id, file) => this.#download(client, id, file)),
      range: () => this.#reading(draws, (id, file) => this.#downloadRange(client, id, { file, draws })),
      'hang up downloading': () =>
        this.#reading(draws, (id, file) => this.#hangUpDownloading(client, id, { file, draws })),
      remove: () => this.#remove(client, draws),
    };
    return ways[action]();
  }

  async #upload(client: HttpClient, draws: Draws): Promise<true> {
    const file = this.#newFile(draws);
    const id = await client.upload(seededBytes(file.seed, file.size), declared(draws, file.size));
    this.kept.set(id, file);
    this.bytes.sent += file.size;
    return true;
  }

  /** Never all of it: what became of an upload that was complete, nobody would know. */
  async #hangUpUploading(client: HttpClient, draws: Draws): Promise<true> {
    const { seed, size } = this.#newFile(draws);
    const length = declared(draws, size + 1);
    await client.hangUpUpload(seededBytes(seed, draws.below(size + 1)), length);
    return true;
  }

  async #download(client: HttpClient, id: string, { seed, size }: KeptFile): Promise<true> {
    const length = await checkSeeded(await client.download(id), seed);
    if (length !== size) throw new Error(`${length} bytes came of ${size}`);
    this.bytes.received += length;
    return true;
  }

  async #downloadRange(
    client: HttpClient,
    id: string,
    { file: { seed, size }, draws }: { readonly file: KeptFile; readonly draws: Draws },
  ): Promise<boolean> {
    // An empty file has no range that could be asked for.
    if (size === 0) return false;
    const start = draws.below(size);
    const end = start + 1 + draws.below(size - start);
    const length = await checkSeeded(await client.download(id, { start, end }), seed, start);
    if (length !== end - start) throw new Error(`${length} bytes came of a range of ${end - start}`);
    this.bytes.received += length;
    return true;
  }

  async #hangUpDownloading(
    client: HttpClient,
    id: string,
    { file: { seed, size }, draws }: { readonly file: KeptFile; readonly draws: Draws },
  ): Promise<true> {
    const most = draws.below(size + 1);
    await checkSeeded(beginning(await client.download(id), most), seed);
    return true;
  }

  async #remove(client: HttpClient, draws: Draws): Promise<boolean> {
    const idle = [...this.kept.keys()].filter((id) => !this.#readers.has(id));
    if (idle.length === 0) return false;
    const id = draws.pick(idle);
    // From now on nobody chooses it.
    this.kept.delete(id);
    await client.remove(id);
    return true;
  }

  async #reading(draws: Draws, read: (id: string, file: KeptFile) => Promise<boolean>): Promise<boolean> {
    if (this.kept.size === 0) return false;
    const [id, file] = draws.pick([...this.kept]);
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    try {
      return await read(id, file);
    } finally {
      const left = this.#readers.get(id)! - 1;
      if (left === 0) this.#readers.delete(id);
      else this.#readers.set(id, left);
    }
  }

  #newFile(draws: Draws): KeptFile {
    return { seed: ++this.#lastSeed, size: draws.size(this.#options.largest) };
  }
}

/** Half of the uploads say how long they are. */
function declared(draws: Draws, length: number): number | undefined {
  return draws.share() < 0.5 ? length : undefined;
}

/** Gives a stream up once so many bytes of it have come. */
async function* beginning(
  stream: AsyncIterable<Uint8Array>,
  least: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let passed = 0;
  for await (const chunk of stream) {
    yield chunk;
    passed += chunk.length;
    if (passed >= least) return;
  }
}
