/** How fast bytes go, smoothed: over the last few seconds, so that a number can be read before it is another. */

const WINDOW = 8000;
/** Fewer tell nothing. */
const LEAST = 1000;
const STEP = 250;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export class SpeedMeter {
  #samples: Sample[] = [];

  /** Forgets what was before: what an upload is taken up at has not just been sent. */
  begin(bytes: number, at: number): void {
    this.#samples = [{ bytes, at }];
  }

  /** @param bytes how many there are by now, all together */
  add(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last === undefined || bytes < last.bytes) return this.begin(bytes, at);
    const before = this.#samples.at(-2);
    if (before !== undefined && at - before.at < STEP) this.#samples.pop();
    this.#samples.push({ bytes, at });
    // The oldest within the window stays, and the one just before it: both ends of what is measured.
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= WINDOW) this.#samples.shift();
  }

  /** Bytes per second; undefined while that would be a guess. */
  at(now: number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return undefined;
    // Up to now and not to the last sample: what has stopped becomes slower.
    const time = now - first.at;
    return time < LEAST ? undefined : ((last.bytes - first.bytes) * 1000) / time;
  }
}
