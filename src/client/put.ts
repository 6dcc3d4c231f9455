/** `put`, by way of a service: in one request, or as an upload that survives a broken line. */
import { SealroomError } from '../errors.ts';
import type { PutOptions, Stat } from '../vault/files.ts';
import { fieldsOf } from './fields.ts';
import { formOf, isFieldName } from './form.ts';
import type { Form } from './form.ts';
import type { RequestOptions, Requests } from './requests.ts';
import type { BegunUpload } from './resumable.ts';
import { isReplayable, partOf, sizeOf } from './source.ts';
import type { Replayable, Source } from './source.ts';
import { StreamedUpload, gathered, wholeUpload } from './upload.ts';
import type { OnProgress, Upload } from './upload.ts';

export interface RemotePutOptions extends PutOptions {
  /** Begins with what is durable already; what is lost when a line breaks counts no more. */
  readonly onProgress?: OnProgress | undefined;
  /**
   * Told, before a byte is sent, of an upload that can be taken up again. With this or `resume`, one that fails is kept
   * until then; else it is given up.
   */
  readonly onBegun?: ((upload: BegunUpload) => void | Promise<void>) | undefined;
  /** Id of an upload to go on with, of the same bytes. What was said of the file at its beginning holds. */
  readonly resume?: string | undefined;
}

export interface PutContext {
  readonly requests: Requests;
  readonly base: string;
  /** The token's own unless named. */
  readonly tenant: string | undefined;
  /** Whether streams can be sent as they come. */
  readonly streams: boolean;
  /** What has more bytes, and can be read again, is sent as an upload that survives a broken line. */
  readonly resumableAbove: number;
  /** Most bytes of such an upload in one request. */
  readonly pieceLength: number;
}

export async function put(context: PutContext, source: Source, options: RemotePutOptions): Promise<Stat> {
  const { resume, idempotency } = options;
  const fields = fieldsOf(options);
  const resumable = isReplayable(source) && idempotency === undefined;
  if (resumable && (resume !== undefined || sizeOf(source) > context.resumableAbove)) {
    const [{ putResumable }, { uploadMetadata }] = await Promise.all([
      import('./resumable.ts'),
      import('./upload-metadata.ts'),
    ]);
    const metadata = uploadMetadata(fields);
    if (metadata !== undefined || resume !== undefined) {
      return putResumable(context, source, { ...options, metadata: metadata ?? '' });
    }
  }
  if (resume !== undefined) {
    throw new SealroomError('usage', 'only what can be read again, and has no idempotency key, is gone on with');
  }
  return isReplayable(source) ? putAgain(context, source, options) : putStream(context, source, options);
}

async function putStream(
  context: PutContext,
  source: Exclude<Source, Replayable>,
  options: RemotePutOptions,
): Promise<Stat> {
  const { streams } = context;
  const { signal, onProgress } = options;
  if (!streams) return putAgain(context, await gathered(source, { signal }), options);
  const { form, ...request } = putRequest(context, options);
  return putOnce(context, new StreamedUpload(source, { form, onProgress }), request);
}

/** Sends the whole of it, once more when that fails for a reason that passes. */
async function putAgain(context: PutContext, source: Replayable, options: RemotePutOptions): Promise<Stat> {
  const { requests, streams } = context;
  const { signal, onProgress } = options;
  const { form, ...request } = putRequest(context, options);
  // Stands for this one call, where the caller has no key of his own.
  const headers = { 'idempotency-key': crypto.randomUUID(), ...request.headers };
  const atHand = source instanceof Uint8Array || source instanceof Blob;
  const all = { start: 0, end: sizeOf(source) };
  const stat = await requests.repeated({ signal }, async () => {
    const upload =
      streams && !(atHand && onProgress === undefined)
        ? new StreamedUpload(partOf(source, all), { form, length: all.end, onProgress })
        : wholeUpload(atHand ? source : await gathered(partOf(source, all), { signal }), form);
    return putOnce(context, upload, { ...request, headers });
  });
  if (!streams) onProgress?.(stat.size);
  return stat;
}

function putRequest(
  { tenant }: PutContext,
  options: RemotePutOptions,
): RequestOptions & { readonly form: Form; readonly headers: Readonly<Record<string, string>> } {
  const { idempotency, signal } = options;
  const fields = fieldsOf(options);
  return {
    form: formOf(Object.fromEntries(fields.filter(([field]) => isFieldName(field)))),
    query: Object.fromEntries(fields.filter(([field]) => !isFieldName(field))),
    headers: idempotency === undefined ? {} : { 'idempotency-key': idempotency.key },
    tenant,
    signal,
  };
}

async function putOnce({ requests, base }: PutContext, upload: Upload, request: RequestOptions): Promise<Stat> {
  await using sending = upload;
  const headers = { ...request.headers, ...sending.headers };
  const response = await requests
    .send('POST', '/v1/files', { ...request, headers, ...sending.init })
    .catch((error: unknown) => {
      // What the source failed with says more than that the request did.
      throw sending.failure ?? error;
    });
  const stat = await requests.json<Stat>(response, request, 'version');
  // Under an idempotency key that it knows, the service answers without taking the bytes.
  const known = response.headers.get('idempotent-replayed') === 'true';
  if (!known && (!sending.complete || stat.size !== sending.sent)) {
    throw new SealroomError('unexpected', `${base} took ${sending.sent} bytes, and says that it stored ${stat.size}`);
  }
  return stat;
}
