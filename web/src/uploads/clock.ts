/** Time, as tests can have it their own way. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Runs something later. Returns what prevents it. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
