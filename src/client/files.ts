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
  Stat,
  Verification,
} from '../vault/files.ts';
import { segment } from './address.ts';
import { Download, statedLength } from './download.ts';
import { put } from './put.ts';
import type { PutContext, RemotePutOptions } from './put.ts';
import { asConflict } from './requests.ts';
import type { Source } from './source.ts';

/** `Files` by way of a service, with what only a client has. */
export interface RemoteFiles extends Files {
  /**
   * Stores a stream of any length. Resolves once it is durable; a put that fails leaves no file.
   *
   * - What can be sent once more, a Uint8Array, a Blob or what is `Rereadable`, is, when the connection fails; the file
   *   is there once.
   * - What of that is large is sent as an upload of tus 1.0, which goes on from where the line broke, for minutes without
   *   any progress; unless it has an idempotency key, or what is said of it does not fit into a header.
   * - `createdBy` cannot be said: the service knows who puts.
   * - Of `idempotency` the service takes the key, and looks itself whether the request is the same.
   */
  put(bytes: Source, options: RemotePutOptions): Promise<Stat>;
  /** Gives up an upload that nobody will go on with. */
  abandonUpload(id: string, options?: CallOptions): Promise<void>;
}

export function remoteFiles(context: PutContext): RemoteFiles {
  const { requests, tenant } = context;
  const stat = (id: string, { signal }: CallOptions = {}): Promise<Stat> =>
    requests.read<Stat>(pathOf(id), { tenant, signal }, 'version');
  return {
    put: (source, options) => put(context, source, options),
    abandonUpload: async (id, options = {}) => (await import('./resumable.ts')).abandon(context, id, options),
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
  { requests, base, tenant }: PutContext,
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
