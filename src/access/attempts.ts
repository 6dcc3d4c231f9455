/** Failed attempts, counted by where they come from. */
export interface FailedAttemptsOptions {
  /** Failures within the time that are let pass; 10 unless given. */
  readonly limit?: number | undefined;
  /** The time that is counted, in milliseconds from the first failure on; a minute unless given. */
  readonly window?: number | undefined;
  /** Most addresses to remember; 10,000 unless given. The oldest are forgotten first. */
  readonly capacity?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

interface Window {
  failures: number;
  readonly ends: number;
}

/**
 * Counts failed attempts per address: IPv4 by the address, IPv6 by its /64, which is what one customer holds.
 * Credentials have 256 random bits, so this is no defence against guessing: it keeps the work of guessers, and their
 * lines in the log, small.
 */
export class FailedAttempts {
  readonly #limit: number;
  readonly #window: number;
  readonly #capacity: number;
  readonly #now: () => number;
  /** All windows are equally long and none is moved, so the first to be inserted is the first to end. */
  readonly #windows = new Map<string, Window>();

  constructor({ limit = 10, window = 60_000, capacity = 10_000, now = Date.now }: FailedAttemptsOptions = {}) {
    this.#limit = limit;
    this.#window = window;
    this.#capacity = capacity;
    this.#now = now;
  }

  /** Milliseconds until an address may try again; 0 when it may now. */
  wait(address: string): number {
    const window = this.#windows.get(addressGroup(address));
    if (window === undefined || window.failures < this.#limit) return 0;
    return Math.max(0, window.ends - this.#now());
  }

  /** Remembers that an attempt from this address failed. */
  failed(address: string): void {
    const group = addressGroup(address);
    const now = this.#now();
    const window = this.#windows.get(group);
    if (window !== undefined && window.ends > now) {
      window.failures++;
      return;
    }
    this.#windows.delete(group);
    if (this.#windows.size >= this.#capacity) this.#forgetOldest();
    this.#windows.set(group, { failures: 1, ends: now + this.#window });
  }

  #forgetOldest(): void {
    for (const group of this.#windows.keys()) {
      this.#windows.delete(group);
      return;
    }
  }
}

/** Who is counted as one: an IPv4 address, mapped into IPv6 or not; of other IPv6 addresses the network, a /64. */
export function addressGroup(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%');
  const groups = bare.includes(':') ? groupsOf(bare) : undefined;
  if (groups === undefined) return bare;
  const [high = 0, low = 0] = groups.slice(6);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [high >>> 8, high & 0xff, low >>> 8, low & 0xff].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2); undefined for what is none. */
function groupsOf(address: string): number[] | undefined {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    return groupsOf(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [before = '', after, more] = address.split('::');
  if (more !== undefined) return undefined;
  const front = splitGroups(before);
  const back = after === undefined ? [] : splitGroups(after);
  const gap = after === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: Math.max(0, gap) }, () => 0), ...back];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}

function splitGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').map((group) => (/^[0-9a-f]{1,4}$/.test(group) ? Number.parseInt(group, 16) : -1));
}
