/**
 * Uploads that survive a broken line, by tus 1.0: https://tus.io/protocols/resumable-upload
 *
 * Three requests, by hand. The library for it would bring a way to send of its own, past the `fetch` that the caller
 * named, with streams of Node or files of browsers, never both; and errors that have lost what the service said.
 */
import { SealroomError, isSealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type { Stat } from '../vault/files.ts';
import { segment } from './address.ts';
import type { Form } from './form.ts';
import type { PutContext, RemotePutOptions } from './put.ts';
import type { Patience } from './retries.ts';
import { Silence } from './silence.ts';
import { partOf, sizeOf } from './source.ts';
import type { Replayable } from './source.ts';
import { StreamedUpload, gathered, wholeUpload } from './upload.ts';
import type { Upload } from './upload.ts';

/** An upload that can be taken up again. */
export interface BegunUpload {
  readonly id: string;
  /** When the service gives it up, unless it is complete by then: ISO 8601, where that is known. */
  readonly expires: string | undefined;
}

const PATH = '/v1/uploads';
const VERSION = { 'tus-resumable': '1.0.0' };
const NOTHING = new Uint8Array(0);
const PIECE: Form = { contentType: 'application/offset+octet-stream', head: NOTHING, tail: NOTHING };

/** About six minutes without any progress. */
const LONG: Patience = { attempts: 14, longestPause: 60_000 };
/** Somewhat more than after what time the service gives up a client that is silent, in milliseconds. */
const LONGEST_SILENCE = 90_000;
/** How long to try to give up what nobody will go on with, in milliseconds. */
const LAST_WORDS = 5000;

export interface ResumableContext extends Omit<PutContext, 'resumableAbove'> {
  /** In milliseconds. */
  readonly longestSilence?: number | undefined;
}

export interface ResumablePutOptions extends Pick<RemotePutOptions, 'onBegun' | 'onProgress' | 'resume' | 'signal'> {
  /** What `Upload-Metadata` is to say; of one that is gone on with, it was said. */
  readonly metadata: string;
}

/** Puts a file, over as many requests as it takes. */
export async function putResumable(
  context: ResumableContext,
  source: Replayable,
  options: ResumablePutOptions,
): Promise<Stat> {
  const { requests, tenant } = context;
  const { resume, onBegun, signal } = options;
  const id = resume ?? (await begin(context, sizeOf(source), options));
  try {
    await new Sending(context, { source, id }, options).send(resume === undefined ? 0 : undefined);
  } catch (error) {
    // Bytes that nobody will go on with would count for the tenant's quota until the service gives them up.
    if (resume === undefined && onBegun === undefined) {
      await abandon(context, id, { signal: AbortSignal.timeout(LAST_WORDS) }).catch(() => undefined);
    }
    throw error;
  }
  const read = (): Promise<Stat> => requests.read<Stat>(`/v1/files/${segment(id)}`, { tenant, signal }, 'version');
  return requests.repeated({ signal }, read, LONG);
}

/** Gives an upload up, and what has arrived of it. */
export function abandon(
  { requests, tenant }: Pick<PutContext, 'requests' | 'tenant'>,
  id: string,
  { signal }: CallOptions,
): Promise<void> {
  return requests.remove(pathOf(id), { tenant, signal, headers: VERSION });
}

function pathOf(id: string): string {
  return `${PATH}/${segment(id)}`;
}

/** One whose answer is lost is begun again: the other holds no byte, and is given up by the service. */
async function begin(
  { requests, base, tenant }: ResumableContext,
  size: number,
  { metadata, onBegun, signal }: ResumablePutOptions,
): Promise<string> {
  const headers = { ...VERSION, 'upload-length': String(size), 'upload-metadata': metadata };
  const post = (): Promise<Response> => requests.send('POST', PATH, { tenant, signal, headers });
  const response = await requests.repeated({ signal }, post, LONG);
  await response.body?.cancel();
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  if (id === '') throw notASealroom(base);
  const expires = Date.parse(response.headers.get('upload-expires') ?? '');
  await onBegun?.({ id, expires: Number.isNaN(expires) ? undefined : new Date(expires).toISOString() });
  return id;
}

function notASealroom(base: string): SealroomError {
  return new SealroomError('unexpected', `${base} does not answer as a Sealroom does: is it the address of one?`);
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The sending of what is not durable yet. */
class Sending {
  readonly #context: ResumableContext;
  readonly #source: Replayable;
  readonly #size: number;
  readonly #path: string;
  readonly #options: ResumablePutOptions;
  /** Bytes of which the service has said that they are durable. */
  #durable = 0;

  constructor(
    context: ResumableContext,
    { source, id }: { readonly source: Replayable; readonly id: string },
    options: ResumablePutOptions,
  ) {
    this.#context = context;
    this.#source = source;
    this.#size = sizeOf(source);
    this.#path = pathOf(id);
    this.#options = options;
  }

  /** @param offset how many bytes are durable; undefined where the service has to be asked first */
  async send(offset: number | undefined): Promise<void> {
    const { signal } = this.#options;
    const retries = this.#context.requests.retries(LONG, { signal });
    for (let next = offset; next !== this.#size;) {
      try {
        next = next === undefined ? await this.#ask() : await this.#sendFrom(next);
        if (next > this.#durable) retries.gotOn();
        this.#durable = Math.max(this.#durable, next);
      } catch (error) {
        if (error instanceof OwnFailure) throw error.cause;
        // How much has arrived of what was sent, only the service knows.
        next = undefined;
        await retries.waitAfter(passing(error));
        continue;
      }
      this.#options.onProgress?.(next);
    }
  }

  async #ask(): Promise<number> {
    const { requests, tenant, longestSilence = LONGEST_SILENCE } = this.#context;
    using silence = new Silence(longestSilence, this.#options);
    const { signal } = silence;
    const { headers } = await requests.send('HEAD', this.#path, { tenant, signal, headers: VERSION });
    const length = headers.get('upload-length');
    if (length !== null && Number(length) !== this.#size) {
      throw new SealroomError('usage', `an upload of ${length} bytes was begun, and this has ${this.#size}`);
    }
    return this.#offsetIn(headers, this.#size);
  }

  async #sendFrom(start: number): Promise<number> {
    const { requests, tenant, longestSilence = LONGEST_SILENCE, pieceLength } = this.#context;
    const end = Math.min(this.#size, start + pieceLength);
    using silence = new Silence(longestSilence, this.#options);
    await using upload = await this.#upload({ start, end }, silence);
    const { signal } = silence;
    const headers = { ...VERSION, 'upload-offset': String(start), ...upload.headers };
    const response = await requests
      .send('PATCH', this.#path, { tenant, signal, headers, ...upload.init })
      .catch((error: unknown) => {
        throw upload.failure === undefined ? error : new OwnFailure(upload.failure);
      });
    await response.body?.cancel();
    const offset = this.#offsetIn(response.headers, end);
    // It was asked to let another have it, before anything had arrived.
    if (offset <= start) throw new SealroomError('in-progress', 'another request works on this upload');
    return offset;
  }

  async #upload(part: Part, silence: Silence): Promise<Upload> {
    const { onProgress } = this.#options;
    const length = part.end - part.start;
    const told = (sent: number): void => {
      silence.broken();
      // What is left then is the service's to do, which takes its time.
      if (sent === length) silence[Symbol.dispose]();
      onProgress?.(part.start + sent);
    };
    const bytes = partOf(this.#source, part);
    if (this.#context.streams) return new StreamedUpload(bytes, { form: PIECE, length, onProgress: told });
    const blob = await this.#blob(part).catch((error: unknown) => {
      throw new OwnFailure(error);
    });
    // How far a Blob has been sent nobody is told.
    silence[Symbol.dispose]();
    return wholeUpload(blob, PIECE);
  }
  async #blob({ start, end }: Part): Promise<Blob> {
    const source = this.#source;
    if (source instanceof Uint8Array) return new Blob([source.subarray(start, end)]);
    if (!(source instanceof Blob)) return gathered(partOf(source, { start, end }), this.#options);
    const blob = source.slice(start, end);
    // To a browser, a file that was changed since it was chosen is a failure of the network.
    await blob.slice(0, 1).arrayBuffer();
    return blob;
  }

  #offsetIn(headers: Headers, most: number): number {
    const text = headers.get('upload-offset') ?? '';
    if (/^\d{1,16}$/.test(text) && Number(text) <= most) return Number(text);
    throw notASealroom(this.#context.base);
  }
}

/** What the source, or whoever is told of progress, failed with: trying again would not help. */
class OwnFailure extends Error {
  constructor(cause: unknown) {
    super('the source failed', { cause });
  }
}

/** A part of the upload that came by another way changes where it goes on, and no more. */
function passing(error: unknown): unknown {
  return isSealroomError(error, 'conflict') ? new SealroomError('in-progress', error.message, { cause: error }) : error;
}
