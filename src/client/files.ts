/** The files of a tenant, by way of a service. */
import { SealroomError } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import type {
  Changes,
  ExportResult,
  Files,
  GetOptions,
  GetResult,
  IfVersion,
  Listing,
  PutOptions,
  Stat,
  Verification,
} from '../vault/files.ts';
import { segment } from './address.ts';
import { Download, statedLength } from './download.ts';
import { formOf, isFieldName } from './form.ts';
import type { Form } from './form.ts';
import { asConflict } from './requests.ts';
import type { RequestOptions, Requests } from './requests.ts';
import { StreamedUpload, gathered, isReplayable, wholeUpload } from './upload.ts';
import type { OnProgress, Source, Upload } from './upload.ts';

export interface RemotePutOptions extends PutOptions {
  readonly onProgress?: OnProgress | undefined;
}

/** `Files` by way of a service, with what only a client has. */
export interface RemoteFiles extends Files {
  /**
   * Stores a stream of any length. Resolves once it is durable; a put that fails leaves no file.
   *
   * - What can be sent once more, a Uint8Array or a Blob, is, when the connection fails; the file is there once.
   * - `createdBy` cannot be said: the service knows who puts.
   * - Of `idempotency` the service takes the key, and looks itself whether the request is the same.
   */
  put(bytes: Source, options: RemotePutOptions): Promise<Stat>;
}

export interface RemoteFilesContext {
  readonly requests: Requests;
  readonly base: string;
  /** The token's own unless named. */
  readonly tenant: string | undefined;
  /** Whether streams can be sent as they come. */
  readonly streams: boolean;
}

export function remoteFiles(context: RemoteFilesContext): RemoteFiles {
  const { requests, tenant } = context;
  const stat = (id: string, { signal }: CallOptions = {}): Promise<Stat> =>
    requests.read<Stat>(pathOf(id), { tenant, signal }, 'version');
  return {
    put: (source, options) => put(context, source, options),
    get: async (id, options) => get(context, await stat(id, options), options),
    stat: async (id, options) => stat(id, options),
    list: ({ limit, cursor, q, signal } = {}) =>
      requests.read<Listing>('/v1/files', { query: { limit: limit?.toString(), cursor, q }, tenant, signal }, 'files'),
    update: async (id, { name, type, tags, metadata }: Changes, { ifVersion, signal }: IfVersion = {}) =>
      asConflict(
        ifVersion !== undefined,
        requests.change<Stat>(
          'PATCH',
          pathOf(id),
          {
            json: { name, type, tags, metadata },
            headers: conditionOn(ifVersion),
            tenant,
            signal,
          },
          'version',
        ),
      ),
    remove: async (id, { ifVersion, signal }: IfVersion = {}) =>
      asConflict(
        ifVersion !== undefined,
        requests.remove(pathOf(id), { headers: conditionOn(ifVersion), tenant, signal }),
      ),
    verify: async (id, { signal }: CallOptions = {}) =>
      requests.change<Verification>('POST', pathOf(id, '/verify'), { tenant, signal }, 'frames'),
    export: async (id, { signal }: CallOptions = {}): Promise<ExportResult> => {
      const found = await stat(id, { signal });
      const response = await requests.open(pathOf(id, '/message'), { tenant, signal });
      const expected = statedLength(response);
      return { stat: found, body: new Download(response, { expected, base: context.base, signal }) };
    },
  };
}

function pathOf(id: string, rest = ''): string {
  return `/v1/files/${segment(id)}${rest}`;
}

function conditionOn(version: string | undefined): Readonly<Record<string, string>> {
  return version === undefined ? {} : { 'if-match': `"${version}"` };
}

/** The stat comes first: it has the size, which never changes, and by which a body that ends early is known. */
async function get(
  { requests, base, tenant }: RemoteFilesContext,
  stat: Stat,
  { range, signal }: GetOptions = {},
): Promise<GetResult> {
  const { id, size } = stat;
  const wanted = wantedRange(range, size);
  const headers = range === undefined ? {} : { range: `bytes=${wanted.start}-${wanted.end - 1}` };
  const response = await requests.open(pathOf(id, '/content'), { headers, tenant, signal });
  const expected = wanted.end - wanted.start;
  const partial = response.status === 206;
  if (partial !== (range !== undefined) || !fits(response, { ...wanted, size })) {
    await response.body?.cancel();
    throw new SealroomError('unexpected', `${base} answered with other bytes of the file than those asked for`);
  }
  return { stat, range: wanted, body: new Download(response, { expected, base, signal }) };
}

/** Checked here: a header that holds no range would be passed over, and the whole file sent. */
function wantedRange(range: GetOptions['range'], size: number): GetResult['range'] {
  if (range === undefined) return { start: 0, end: size };
  const { start, end = Number.MAX_SAFE_INTEGER } = range;
  if (!Number.isSafeInteger(start) || start < 0 || !Number.isSafeInteger(end) || end <= start) {
    throw new SealroomError('usage', 'a range has a first byte of at least 0, and an end after it');
  }
  if (start >= size) {
    throw new SealroomError(
      'range-not-satisfiable',
      `the range begins at byte ${start}, and the file has ${size} bytes`,
    );
  }
  return { start, end: Math.min(end, size) };
}

/** Whether an answer says that it holds what it should; pages of other origins may not see what it says. */
function fits(
  response: Response,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): boolean {
  const length = statedLength(response);
  if (length !== undefined && length !== end - start) return false;
  const range = response.headers.get('content-range');
  return response.status !== 206 || range === null || range === `bytes ${start}-${end - 1}/${size}`;
}

async function put(context: RemoteFilesContext, source: Source, options: RemotePutOptions): Promise<Stat> {
  const { requests, streams } = context;
  const { signal, onProgress } = options;
  const { form, ...request } = putRequest(context, options);
  if (!isReplayable(source) && streams) {
    return putOnce(context, new StreamedUpload(source, form, onProgress), request);
  }
  const whole = isReplayable(source) ? source : await gathered(source, { signal });
  // Stands for this one call, where the caller has no key of his own.
  const headers = { 'idempotency-key': crypto.randomUUID(), ...request.headers };
  const stat = await requests.repeated({ signal }, () => {
    const upload = streams && onProgress ? new StreamedUpload(whole, form, onProgress) : wholeUpload(whole, form);
    return putOnce(context, upload, { ...request, headers });
  });
  if (!streams) onProgress?.(stat.size);
  return stat;
}

function putRequest(
  { tenant }: RemoteFilesContext,
  options: RemotePutOptions,
): RequestOptions & { readonly form: Form; readonly headers: Readonly<Record<string, string>> } {
  // Said, as a vault takes it to be: where nothing is, the service looks at the name.
  const {
    name,
    type = 'application/octet-stream',
    tags,
    metadata,
    context,
    createdBy,
    expires,
    retainUntil,
    idempotency,
    signal,
  } = options;
  if (createdBy !== undefined && createdBy !== null) {
    throw new SealroomError('usage', 'createdBy is what the service knows of the token, and cannot be said');
  }
  const fields = Object.entries({
    name,
    type,
    expires: expires ?? undefined,
    retainUntil: retainUntil ?? undefined,
    ...prefixed('tag', tags),
    ...prefixed('metadata', metadata),
    ...prefixed('context', context),
  }).filter((field): field is [string, string] => field[1] !== undefined);
  // Encoded, it would become other text without a word.
  if (!fields.every((field) => field.every((text) => typeof text === 'string' && text.isWellFormed()))) {
    throw new SealroomError('usage', 'what is said of a file is well-formed text');
  }
  return {
    form: formOf(Object.fromEntries(fields.filter(([field]) => isFieldName(field)))),
    query: Object.fromEntries(fields.filter(([field]) => !isFieldName(field))),
    headers: idempotency === undefined ? {} : { 'idempotency-key': idempotency.key },
    tenant,
    signal,
  };
}

function prefixed(prefix: string, pairs: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [`${prefix}.${name}`, value]));
}

async function putOnce({ requests, base }: RemoteFilesContext, upload: Upload, request: RequestOptions): Promise<Stat> {
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
