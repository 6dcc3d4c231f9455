/** A bucket whose objects are taken over: listed, read, and removed when asked. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { clientConfig } from '../aws/client-options.ts';
import type { AwsClientOptions } from '../aws/client-options.ts';
import { awsError, causeOf, failureOf, isElsewhere } from '../aws/failure.ts';
import { bodyChunks } from '../aws/s3-body.ts';
import { sendOptions } from '../aws/send-options.ts';
import { chunksOf, collect } from '../bytes.ts';
import { SealroomError, isSealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { CallOptions } from '../ports.ts';
import { resumedChunks } from '../with/retry.ts';
import { formatS3Address } from './address.ts';

/** How long a store may be silent in the middle of an object, in milliseconds. */
const SILENCE = 30_000;

export interface BucketOptions {
  readonly bucket: string;
  /** The bucket in the path and not in the host, as many stores other than AWS want it. */
  readonly pathStyle?: boolean | undefined;
  readonly client?: AwsClientOptions | undefined;
}

/** One state of an object: whoever overwrites it makes another, with another tag. */
export interface ObjectEntry {
  readonly key: string;
  /** Without its quotes. */
  readonly etag: string;
  readonly size: number;
}

/** An object that is being read. */
export interface OpenedObject extends AsyncDisposable {
  /** Media type, as whoever stored it said. */
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  /** What whoever stored it wrote on it, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly modified: Date | undefined;
  /** All of it, or an error; a connection that breaks is made again where it broke. Read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Bucket extends Disposable {
  readonly name: string;
  addressOf(key: string): string;
  /** Objects whose key begins with a prefix, in the order of their keys. */
  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectEntry>;
  /** @throws SealroomError `not-found` */
  look(key: string, options?: CallOptions): Promise<ObjectEntry>;
  /**
   * Begins to read an object. The caller disposes it.
   *
   * @throws SealroomError `conflict` when it is no longer in this state, then or in the middle; `not-found`
   */
  open(entry: ObjectEntry, options?: CallOptions): Promise<OpenedObject>;
  /** The beginning of an object, of so many bytes where it has them. */
  beginning(entry: ObjectEntry, length: number, options?: CallOptions): Promise<Uint8Array>;
  tags(key: string, options?: CallOptions): Promise<Record<string, string>>;
  /**
   * Removes an object that is in this state still.
   *
   * @throws SealroomError `conflict` when it is not
   */
  remove(entry: ObjectEntry, options?: CallOptions): Promise<Removal>;
}

export interface Removal {
  /** True when the bucket keeps versions, so that the bytes are there yet; undefined when the store did not say. */
  readonly versionKept: boolean | undefined;
}

/** Opens a bucket, which is not looked at before it is used. Disposing it closes the connections. */
export function openBucket({ bucket, pathStyle = false, client = {} }: BucketOptions): Bucket {
  const s3 = new S3Client({
    ...clientConfig(client),
    forcePathStyle: pathStyle,
    // Objects are where they are, and not where whoever takes them over usually works.
    followRegionRedirects: true,
  });
  const context = { s3, bucket };
  return {
    name: bucket,
    addressOf: (key) => formatS3Address({ bucket, key }),
    list: (prefix, options) => listObjects(context, prefix, options),
    look: (key, options) => look(context, key, options),
    open: (entry, options) => open(context, entry, options),
    beginning: (entry, length, options) => beginning(context, entry, length, options),
    tags: (key, options) => tags(context, key, options),
    remove: (entry, options) => remove(context, entry, options),
    [Symbol.dispose]: () => s3.destroy(),
  };
}

interface Context {
  readonly s3: S3Client;
  readonly bucket: string;
}

async function* listObjects(
  context: Context,
  prefix: string,
  { signal }: CallOptions = {},
): AsyncGenerator<ObjectEntry, void, undefined> {
  let token: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await asked(context, prefix, signal, (options) =>
      // Keys may hold characters that XML cannot.
      context.s3.send(
        new ListObjectsV2Command({
          Bucket: context.bucket,
          Prefix: prefix,
          ContinuationToken: token,
          EncodingType: 'url',
        }),
        options,
      ),
    );
    for (const { Key: key = '', ETag: etag, Size: size = 0 } of page.Contents ?? []) {
      yield { key: page.EncodingType === 'url' ? decodedKey(key) : key, etag: unquoted(etag), size };
    }
    token = page.IsTruncated ? nextPage(page, context.bucket) : undefined;
  } while (token !== undefined);
}

/** A listing that ended too early would look like all of it, and nobody would miss the rest. */
function nextPage({ NextContinuationToken: token }: ListObjectsV2CommandOutput, bucket: string): string {
  if (token !== undefined) return token;
  const message = `the bucket ${bucket}: there are more objects, and the store does not say how to list them`;
  throw new SealroomError('unexpected', message);
}

/** S3 writes a space as a plus sign there. */
function decodedKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

async function look(context: Context, key: string, { signal }: CallOptions = {}): Promise<ObjectEntry> {
  const { ETag, ContentLength: size = 0 } = await asked(context, key, signal, (options) =>
    context.s3.send(new HeadObjectCommand({ Bucket: context.bucket, Key: key }), options),
  );
  return { key, etag: unquoted(ETag), size };
}

async function open(
  context: Context,
  entry: ObjectEntry,
  { signal, length = entry.size }: CallOptions & { readonly length?: number } = {},
): Promise<OpenedObject> {
  const rangeFrom = (start: number): string => `bytes=${start}-${length - 1}`;
  // Of all of it no range is asked for: an object without bytes has none, and a checksum is one of the whole.
  const range = length < entry.size ? rangeFrom(0) : undefined;
  const first = await getObject(context, entry, { signal, range });
  const { ContentType: type, ContentEncoding: encoding, Metadata: metadata = {}, LastModified: modified } = first;
  const thing = formatS3Address({ bucket: context.bucket, key: entry.key });
  const chunksFrom = (start: number, { Body: stream }: GetObjectCommandOutput): AsyncIterable<Uint8Array> =>
    bodyChunks(
      { stream, length: length - start },
      { thing, silence: SILENCE, failure: (error) => checksumError(error, thing), signal },
    );
  const chunks = resumedChunks(chunksFrom(0, first), {
    // From there on, and only of the same state: bytes of two would make a third that never was.
    reopen: async (given) =>
      given === length
        ? chunksOf([])
        : chunksFrom(given, await getObject(context, entry, { signal, range: rangeFrom(given) })),
    signal,
  });
  return {
    type,
    encoding,
    metadata,
    modified,
    chunks,
    [Symbol.asyncDispose]: async () => void (await chunks.return?.()),
  };
}

async function beginning(
  context: Context,
  entry: ObjectEntry,
  length: number,
  { signal }: CallOptions = {},
): Promise<Uint8Array> {
  await using object = await open(context, entry, { signal, length: Math.min(length, entry.size) });
  return await collect(object.chunks, length);
}

function getObject(
  context: Context,
  { key, etag }: ObjectEntry,
  { signal, range }: CallOptions & { readonly range?: string | undefined },
): Promise<GetObjectCommandOutput> {
  return asked(context, key, signal, (options) =>
    context.s3.send(
      new GetObjectCommand({ Bucket: context.bucket, Key: key, IfMatch: quoted(etag), Range: range }),
      options,
    ),
  );
}

async function tags(context: Context, key: string, { signal }: CallOptions = {}): Promise<Record<string, string>> {
  const { TagSet = [] } = await asked(context, key, signal, (options) =>
    context.s3.send(new GetObjectTaggingCommand({ Bucket: context.bucket, Key: key }), options),
  );
  return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}

async function remove(context: Context, entry: ObjectEntry, { signal }: CallOptions = {}): Promise<Removal> {
  const { key, etag } = entry;
  // Looked at first: a store that does not know the condition of the removal removes whatever is there.
  if ((await look(context, key, { signal })).etag !== etag) throw changed(formatS3Address({ ...context, key }));
  try {
    const { DeleteMarker: versionKept = false } = await asked(context, key, signal, (options) =>
      context.s3.send(new DeleteObjectCommand({ Bucket: context.bucket, Key: key, IfMatch: quoted(etag) }), options),
    );
    return { versionKept };
  } catch (error) {
    // An earlier try may have removed it, whose answer got lost: then nothing is there that would have changed.
    if (await isGone(context, key, error, { signal })) return { versionKept: undefined };
    throw error;
  }
}

async function isGone(context: Context, key: string, error: unknown, options: CallOptions): Promise<boolean> {
  if (isSealroomError(error, 'not-found')) return true;
  if (!isSealroomError(error, 'conflict')) return false;
  return look(context, key, options).then(
    () => false,
    (answer: unknown) => isSealroomError(answer, 'not-found'),
  );
}

async function asked<T>(
  { bucket }: Context,
  key: string,
  signal: AbortSignal | undefined,
  call: (options: ReturnType<typeof sendOptions>) => Promise<T>,
): Promise<T> {
  try {
    return await call(sendOptions({ signal }));
  } catch (error) {
    throw objectError(error, { bucket, key, signal });
  }
}

function objectError(
  error: unknown,
  { bucket, key, signal }: CallOptions & { readonly bucket: string; readonly key: string },
): SealroomError {
  const thing = formatS3Address({ bucket, key });
  const failure = failureOf(error);
  const { name, status } = failure;
  const as = (code: ErrorCode, message: string): SealroomError =>
    new SealroomError(code, message, { cause: causeOf(error) });
  if (name === 'NoSuchBucket') return as('bad-configuration', `there is no bucket ${bucket}`);
  if (isElsewhere(failure)) return as('bad-configuration', `the bucket ${bucket} is in another Region: name it`);
  if (name === 'InvalidObjectState') {
    return as('unavailable', `${thing}: it is archived: have S3 restore it, then try again`);
  }
  if (status === 404) return as('not-found', `${thing}: it is not there`);
  if (status === 412) return changed(thing);
  return awsError(error, { thing, signal });
}

function changed(thing: string): SealroomError {
  return new SealroomError('conflict', `${thing}: it was changed since it was looked at`);
}

/** The SDK has no other mark on what it throws when the checksum that came with an object is not that of its bytes. */
function checksumError(error: unknown, thing: string): SealroomError | undefined {
  if (!(error instanceof Error) || !error.message.startsWith('Checksum mismatch')) return undefined;
  return new SealroomError('damaged', `${thing}: its bytes are not those that its checksum was made of`);
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

function quoted(etag: string): string {
  return `"${etag}"`;
}
