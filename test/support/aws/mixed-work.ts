/**
 * Many who do everything at once, each time through one or the other of several services on one vault, and keep an
 * account of what has to be there afterwards. The services trust proxies on this machine.
 */
import assert from 'node:assert/strict';
import { Draws, checkSeeded, seededBytes } from '../../../bench/support/seeded-bytes.ts';
import { connect } from '../../../src/client/connect.ts';
import type { Client } from '../../../src/client/connect.ts';
import { isSealroomError } from '../../../src/errors.ts';
import type { Where } from '../service.ts';

/** A file that has to be there. */
export interface KeptFile {
  readonly id: string;
  readonly seed: number;
  readonly size: number;
  readonly name: string;
}

export interface SharedLink {
  readonly id: string;
  /** What follows the address of any of the services. */
  readonly path: string;
  readonly file: KeptFile;
  /** Undefined for any number of times. */
  readonly limit: number | undefined;
  asked: number;
  opened: number;
}

/** The tenant whose quota is fought over. */
export const LIMITED = 'limited';
export const QUOTA = { bytes: 12_000, files: 12 };
const LARGEST_LIMITED = 2000;

const DAY = 24 * 60 * 60 * 1000;

type Work = (draws: Draws) => Promise<number>;

export class MixedWork {
  /** Files of `default` that nobody is at. */
  readonly files: KeptFile[] = [];
  /** Files of the limited tenant that nobody is at. */
  readonly limited: KeptFile[] = [];
  readonly links: SharedLink[] = [];
  /** How often each kind of work was done. */
  readonly done: Record<string, number> = {};
  refusedByQuota = 0;
  readonly #urls: readonly string[];
  readonly #clients: readonly Client[];
  #nextSeed = 1;
  #operations = 0;

  constructor(services: readonly Where[]) {
    this.#urls = services.map(({ url }) => url);
    this.#clients = services.map(({ url, token }) => connect({ url, token }));
  }

  /** Makes the limited tenant, some files, and links to them. */
  async prepare(draws: Draws): Promise<void> {
    await this.#clients[0]!.createTenant(LIMITED, { quota: QUOTA });
    for (let i = 0; i < 8; i++) await this.#put(draws);
    for (const [i, file] of this.files.slice(0, 6).entries()) {
      const limit = i < 4 ? 5 * (i + 1) : undefined;
      const expires = new Date(Date.now() + DAY).toISOString();
      const { id, url } = await this.#client(draws).links().create(file.id, { expires, downloads: limit });
      this.links.push({ id, path: new URL(url).pathname, file, limit, asked: 0, opened: 0 });
    }
    // What is shared stays.
    this.files.splice(0, this.links.length);
  }

  /** @param operations requests to make, all workers together */
  async run(operations: number, { workers, seed }: { readonly workers: number; readonly seed: number }): Promise<void> {
    this.#operations = 0;
    const worker = async (_: unknown, i: number): Promise<void> => {
      const draws = new Draws(seed + i);
      while (this.#operations < operations) {
        const [name, work] = this.#choose(draws);
        const made = await work(draws);
        this.#operations += made;
        this.done[name] = (this.done[name] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
  }

  #choose(draws: Draws): [string, Work] {
    const kinds: readonly [string, number, Work][] = [
      ['put', 20, (by) => this.#put(by)],
      ['get', 20, (by) => this.#get(by)],
      ['range', 14, (by) => this.#range(by)],
      ['update', 10, (by) => this.#update(by)],
      ['remove', 8, (by) => this.#remove(by)],
      ['list', 2, (by) => this.#list(by)],
      ['visit', 10, (by) => this.#visit(by)],
      ['put within the quota', 7, (by) => this.#putLimited(by)],
      ['remove within the quota', 3, (by) => this.#removeLimited(by)],
      ['put twice under one key', 4, (by) => this.#putTwice(by)],
      ['token', 2, (by) => this.#token(by)],
    ];
    let at = draws.below(kinds.reduce((sum, [, weight]) => sum + weight, 0));
    const [name, , work] = kinds.find(([, weight]) => (at -= weight) < 0)!;
    return [name, work];
  }

  async #put(draws: Draws): Promise<number> {
    const size = draws.size(draws.below(20) === 0 ? 300_000 : 5000);
    this.files.push(await this.#stored(this.#client(draws), size));
    return 1;
  }

  async #get(draws: Draws): Promise<number> {
    const file = take(this.files, draws);
    if (file === undefined) return 0;
    const { body, stat } = await this.#client(draws).tenant().get(file.id);
    assert.equal(stat.name, file.name);
    assert.equal(await checkSeeded(body, file.seed), file.size);
    this.files.push(file);
    return 1;
  }

  async #range(draws: Draws): Promise<number> {
    const file = take(this.files, draws);
    if (file === undefined) return 0;
    if (file.size > 0) {
      const start = draws.below(file.size);
      const end = start + 1 + draws.below(file.size - start);
      const { body } = await this.#client(draws).tenant().get(file.id, { range: { start, end } });
      assert.equal(await checkSeeded(body, file.seed, start), end - start);
    }
    this.files.push(file);
    return 1;
  }

  async #update(draws: Draws): Promise<number> {
    const file = take(this.files, draws);
    if (file === undefined) return 0;
    const name = `${file.name}+`.slice(-100);
    await this.#client(draws).tenant().update(file.id, { name });
    this.files.push({ ...file, name });
    return 1;
  }

  async #remove(draws: Draws): Promise<number> {
    const file = take(this.files, draws);
    if (file === undefined) return 0;
    await this.#client(draws).tenant().remove(file.id);
    await refusal(this.#client(draws).tenant().stat(file.id), 'not-found');
    return 2;
  }

  async #list(draws: Draws): Promise<number> {
    const standing = this.files.slice();
    const { files, unreadable, cursor } = await this.#client(draws).tenant().list({ limit: 1000 });
    assert.deepEqual([unreadable, cursor], [[], undefined]);
    const listed = new Set(files.map(({ id }) => id));
    // Nobody took it meanwhile, so it was there all the time.
    for (const file of standing) assert.ok(listed.has(file.id) || !this.files.includes(file), `${file.id} is listed`);
    return 1;
  }

  /** Counts one, and reads the file. */
  async #visit(draws: Draws): Promise<number> {
    const link = draws.pick(this.links);
    link.asked++;
    const response = await fetch(`${draws.pick(this.#urls)}${link.path}?download`);
    if (response.status === 404) {
      await response.arrayBuffer();
      assert.ok(link.limit !== undefined, 'a link that may be used at any time opens');
      return 1;
    }
    assert.equal(response.status, 200);
    assert.equal(await checkSeeded(response.body!, link.file.seed), link.file.size);
    link.opened++;
    return 1;
  }

  async #putLimited(draws: Draws): Promise<number> {
    try {
      const file = await this.#stored(this.#client(draws), draws.below(LARGEST_LIMITED), LIMITED);
      this.limited.push(file);
    } catch (error) {
      if (!isSealroomError(error, 'quota')) throw error;
      this.refusedByQuota++;
    }
    return 1;
  }

  async #removeLimited(draws: Draws): Promise<number> {
    const file = take(this.limited, draws);
    if (file === undefined) return 0;
    await this.#client(draws).tenant(LIMITED).remove(file.id);
    return 1;
  }

  /** Through two services at once: one file, whoever is first. */
  async #putTwice(draws: Draws): Promise<number> {
    const file = { seed: this.#nextSeed++, size: draws.below(5000), name: 'once' };
    const idempotency = { key: `key ${file.seed}`, request: '' };
    const ids = await Promise.all(
      this.#clients.map(async (client) => {
        const bytes = Buffer.concat([...seededBytes(file.seed, file.size)]);
        return (await client.tenant().put(bytes, { name: file.name, idempotency })).id;
      }),
    );
    assert.equal(new Set(ids).size, 1, 'one file for one key');
    this.files.push({ ...file, id: ids[0]! });
    return ids.length;
  }

  /** Made here, used there; revoked there, and refused here at once. */
  async #token(draws: Draws): Promise<number> {
    const [here, there] = draws.below(2) === 0 ? [0, 1] : [1, 0];
    const { id, token } = await this.#clients[here]!.tokens.create({ role: 'reader', tenant: 'default' });
    const from = `10.${draws.below(256)}.${draws.below(256)}.${draws.below(256)}`;
    const bearers = this.#urls.map((url) => connect({ url, token, fetch: fetchFrom(from) }));
    await bearers[there]!.tenant().list({ limit: 1 });
    await this.#clients[there]!.tokens.revoke(id);
    await refusal(bearers[here]!.tenant().list({ limit: 1 }), 'unauthenticated');
    return 4;
  }

  async #stored(client: Client, size: number, tenant?: string): Promise<KeptFile> {
    const seed = this.#nextSeed++;
    const name = `file ${seed}`;
    const { id } = await client.tenant(tenant).put(Buffer.concat([...seededBytes(seed, size)]), { name });
    return { id, seed, size, name };
  }

  #client(draws: Draws): Client {
    return draws.pick(this.#clients);
  }
}

/** As if from another address, by way of a proxy: failed attempts are counted for each address. */
function fetchFrom(address: string): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('x-forwarded-for', address);
    return fetch(input, { ...init, headers });
  };
}

/** Takes a file out, so that nobody else is at it. */
function take(files: KeptFile[], draws: Draws): KeptFile | undefined {
  return files.splice(draws.below(files.length), 1)[0];
}

async function refusal(call: Promise<unknown>, code: 'not-found' | 'unauthenticated'): Promise<void> {
  await assert.rejects(call, (error) => isSealroomError(error, code));
}
