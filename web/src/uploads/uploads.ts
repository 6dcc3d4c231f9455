/** The uploads of whoever is signed in: what is shown of them, and what can be done with them. */
import { isSealroomError } from '../../../src/errors.ts';
import { FilesAtHand } from './files-at-hand.ts';
import type { FilesAtHandOptions } from './files-at-hand.ts';
import { Flights } from './flights.ts';
import type { FlightsOptions } from './flights.ts';
import { concernsAll, problemOf } from './problems.ts';
import type { ProblemCode } from './problems.ts';
import { UploadTable } from './table.ts';
import type { NewUpload } from './table.ts';
import { STILL } from './upload.ts';
import type { Finished, Picked, Totals, Upload } from './upload.ts';

export interface UploadsOptions
  extends FilesAtHandOptions, Pick<FlightsOptions, 'transport' | 'clock' | 'line' | 'random'> {}

export interface UploadsState {
  /** Of all uploads, in the order that they are shown in: begun, queued, done. */
  readonly keys: readonly number[];
  readonly totals: Totals;
  /** Why nothing is begun: every upload would fail with it. */
  readonly held: ProblemCode | undefined;
}

/** How many are sent at a time. */
const IN_FLIGHT = 3;
/** Milliseconds between two times that whoever draws is told. */
const TOLD_EVERY = 100;
/** The same, while nothing happens. */
const MEASURED_EVERY = 1000;

export class Uploads {
  readonly #options: UploadsOptions;
  readonly #table = new UploadTable();
  readonly #files: FilesAtHand;
  readonly #flights: Flights;
  readonly #listeners = new Set<() => void>();
  readonly #finishedListeners = new Set<(finished: readonly Finished[]) => void>();
  #finished: Finished[] = [];
  #held: ProblemCode | undefined;
  #stopTelling: (() => void) | undefined;
  #measuring = false;
  #state: UploadsState;

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#files = new FilesAtHand(options);
    this.#flights = new Flights({
      ...options,
      onChange: (key, changes) => {
        this.#table.change(key, changes);
        this.#changed();
      },
      onBegun: (key, id) => {
        this.#files.begun(key, id);
        this.#table.change(key, { id });
        this.#changed();
      },
      onArrived: (key) => {
        this.#arrived(key);
        this.#fill();
        this.#changed();
      },
      onFailed: (key, problem) => {
        this.#table.change(key, { ...STILL, status: 'failed', problem });
        if (concernsAll(problem)) this.#held ??= problem;
        this.#fill();
        this.#changed();
      },
    });
    this.#state = this.#currentState();
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For `useSyncExternalStore`. */
  readonly state = (): UploadsState => this.#state;

  /** One upload as it is now; undefined once it is gone. */
  readonly upload = (key: number): Upload | undefined => this.#table.get(key);

  /** Called with files that have arrived. Returns what stops it. */
  onFinished(listener: (finished: readonly Finished[]) => void): () => void {
    this.#finishedListeners.add(listener);
    return () => this.#finishedListeners.delete(listener);
  }

  /** Puts files into the queue. One that an unfinished upload was begun with goes on where it was. */
  add(picked: readonly Picked[], tenant: string): void {
    if (picked.length === 0) return;
    const { counts } = this.#table.totals;
    // Whatever was before is over: a new count begins.
    if (counts.queued + counts.sending + counts.waiting + counts.paused + counts.failed === 0) this.#clearDone();
    const unfinished = this.#table.all('unfinished').filter((upload) => upload.tenant === tenant);
    for (const { file, name } of picked) {
      const begun = unfinished.findIndex((upload) => upload.name === name && this.#files.isSurely(file, upload));
      if (begun === -1) this.#files.put(this.#table.add(newUpload({ name, size: file.size, tenant })), file);
      else this.#takeUp(unfinished.splice(begun, 1)[0]!, file);
    }
    this.#goOn();
  }

  /**
   * Goes on with an unfinished upload.
   *
   * @returns whether the file is the one that it was begun with; else the upload says what is wrong
   */
  resumeWith(key: number, file: File): boolean {
    const upload = this.#table.get(key);
    if (upload?.status !== 'unfinished') return false;
    const problem = this.#files.differenceOf(file, upload);
    if (problem === undefined) this.#takeUp(upload, file);
    else this.#table.change(key, { problem });
    this.#goOn();
    return problem === undefined;
  }

  pause(key: number): void {
    this.#pause(key);
    this.#goOn();
  }

  pauseAll(): void {
    for (const status of ['queued', 'sending', 'waiting'] as const) {
      for (const { key } of this.#table.all(status)) this.#pause(key);
    }
    this.#goOn();
  }

  /** Goes on with what was paused or has failed; with what waits, at once. */
  resume(key: number): void {
    this.#resume(key);
    this.#goOn();
  }

  resumeAll(): void {
    for (const { key } of this.#table.all('paused')) this.#resume(key);
    this.#goOn();
  }

  retryAll(): void {
    for (const { key } of this.#table.all('failed')) this.#resume(key);
    this.release();
  }

  /** Takes an upload away, with all that has arrived; one that is done only out of sight. */
  cancel(key: number): void {
    const upload = this.#table.get(key);
    if (upload === undefined || upload.status === 'removing') return;
    this.#flights.stop(key);
    this.#files.release(key);
    if (upload.status === 'done' || upload.id === undefined) this.#table.delete(key);
    else void this.#remove(upload, upload.id);
    this.#goOn();
  }

  /** Takes those that are done out of sight. */
  clearDone(): void {
    this.#clearDone();
    this.#goOn();
  }

  /** Stops everything, and lets go of the files: what has arrived stays with the service. */
  clear(): void {
    for (const key of this.#flights.keys()) this.#flights.stop(key);
    for (const key of this.#table.keys()) {
      this.#files.release(key);
      this.#table.delete(key);
    }
    this.#held = undefined;
    this.#tell();
  }

  /** Goes on after something that every upload would have failed with. */
  release(): void {
    this.#held = undefined;
    for (const { key, problem } of this.#table.all('failed')) {
      if (problem !== undefined && concernsAll(problem)) this.#resume(key);
    }
    this.#goOn();
  }

  /** Lists uploads of a tenant that somebody began, and did not end: their files have to be chosen again. */
  async findUnfinished(
    { tenant, createdBy }: { readonly tenant: string; readonly createdBy: string },
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    const asked = this.#options.transport.unfinished(tenant, { signal });
    const [found, claimed] = await Promise.all([asked, this.#files.claimed()]);
    signal.throwIfAborted();
    const known = new Set(this.#table.ids());
    for (const { id, name, size, offset, uploadExpires: expires, ...begun } of found) {
      if (begun.createdBy !== createdBy || claimed.has(id) || known.has(id)) continue;
      // Begun twice, because the first answer was lost: nobody misses it.
      if (offset === 0 && !this.#files.knows(id)) continue;
      this.#table.add({ ...newUpload({ name, size, tenant }), status: 'unfinished', id, sent: offset, expires });
    }
    this.#goOn();
  }

  /** Takes the unfinished uploads of other tenants out of sight. */
  showUnfinishedOf(tenant: string): void {
    for (const upload of this.#table.all('unfinished')) if (upload.tenant !== tenant) this.#table.delete(upload.key);
    this.#goOn();
  }

  #takeUp({ key, id }: Upload, file: File): void {
    this.#files.put(key, file);
    if (id !== undefined) this.#files.begun(key, id);
    this.#table.change(key, { status: 'queued', problem: undefined, expires: undefined });
  }

  #pause(key: number): void {
    this.#flights.stop(key);
    this.#table.change(key, { ...STILL, status: 'paused' });
  }

  #resume(key: number): void {
    const upload = this.#table.get(key);
    if (upload === undefined || !this.#files.has(key)) return;
    if (upload.status === 'waiting') this.#flights.stop(key);
    else if (upload.status !== 'paused' && upload.status !== 'failed') return;
    // What the service does not have any more is begun anew.
    const anew = upload.problem === 'not-found' ? { id: undefined, sent: 0 } : {};
    this.#table.change(key, { ...STILL, ...anew, status: 'queued' });
  }

  #clearDone(): void {
    for (const { key } of this.#table.all('done')) this.#table.delete(key);
  }

  async #remove({ key, tenant }: Upload, id: string): Promise<void> {
    this.#table.change(key, { ...STILL, status: 'removing' });
    try {
      await this.#options.transport.remove({ id, tenant }).catch((error: unknown) => {
        // It is gone already, which is what was wanted.
        if (!isSealroomError(error, 'not-found')) throw error;
      });
      this.#table.delete(key);
      this.#files.forget(id);
    } catch (error) {
      this.#table.change(key, { status: 'unfinished', problem: problemOf(error) });
    }
    this.#goOn();
  }

  #arrived(key: number): void {
    const size = this.#files.get(key)?.size ?? 0;
    this.#files.release(key);
    this.#table.change(key, { ...STILL, status: 'done', sent: size, size });
    const { id = '', name, tenant } = this.#table.get(key)!;
    this.#files.forget(id);
    this.#finished.push({ id, name, size, tenant });
  }

  /** Begins as many as may be sent at a time. */
  #fill(): void {
    while (this.#held === undefined && this.#flights.size < IN_FLIGHT) {
      const next = this.#table.nextQueued();
      const file = next && this.#files.get(next.key);
      if (next === undefined || file === undefined) return;
      this.#table.change(next.key, { ...STILL, status: 'sending' });
      this.#flights.start(next, file);
    }
  }

  /** After what somebody did: it is to be seen at once. */
  #goOn(): void {
    this.#fill();
    this.#tell();
  }

  /** After what happened by itself: of much at a time, whoever draws is told once. */
  #changed(): void {
    this.#stopTelling ??= this.#options.clock.after(TOLD_EVERY, () => this.#tell());
  }

  #tell(): void {
    this.#stopTelling?.();
    this.#stopTelling = undefined;
    this.#state = this.#currentState();
    for (const listener of this.#listeners) listener();
    if (this.#flights.size > 0) this.#measureLater();
    if (this.#finished.length === 0) return;
    const finished = this.#finished;
    this.#finished = [];
    for (const listener of this.#finishedListeners) listener(finished);
  }

  #measureLater(): void {
    if (this.#measuring) return;
    this.#measuring = true;
    this.#options.clock.after(MEASURED_EVERY, () => {
      this.#measuring = false;
      this.#flights.measure();
      this.#tell();
    });
  }

  #currentState(): UploadsState {
    const { speed } = this.#flights;
    return { keys: this.#table.keys(), totals: { ...this.#table.totals, speed }, held: this.#held };
  }
}

function newUpload({ name, size, tenant }: Pick<Upload, 'name' | 'size' | 'tenant'>): NewUpload {
  return { ...STILL, name, size, tenant, status: 'queued', id: undefined, sent: 0, expires: undefined };
}
