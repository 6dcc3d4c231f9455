/** What is put by a request: its bytes and what is said of them, whether it is the file itself or a form with it. */
import type { IncomingMessage } from 'node:http';
import { SealroomError } from '../../errors.ts';
import { mediaTypeOf } from '../../media-type.ts';
import { declaredLength, requestBody } from './request-body.ts';
import type { BodyOptions } from './request-body.ts';
import { digestChecked, digestsOf } from './digest.ts';
import { FieldCollector, dispositionName } from './fields.ts';
import type { FileFields } from './fields.ts';
import { FORM_OVERHEAD, formBoundary, readForm } from './form.ts';

interface UploadFields extends FileFields {
  /** Bytes of the file, where that is known. */
  readonly size?: number | undefined;
}

export interface Upload extends AsyncDisposable {
  readonly fields: UploadFields & { readonly name: string };
  readonly content: AsyncIterable<Uint8Array>;
  /** True once anyone has asked for the content. */
  wasRead(): boolean;
}

export interface UploadOptions extends Omit<BodyOptions, 'limit'> {
  readonly query: ReadonlyMap<string, string>;
  /** Most bytes of the file. */
  readonly maxFileSize: number;
}

/**
 * Reads what comes before the bytes of the file; of a body that is the file itself, nothing.
 *
 * @throws SealroomError `usage`, `limit`, `unsupported-media-type`; what a body or a form can fail with
 */
export async function openUpload(request: IncomingMessage, options: UploadOptions): Promise<Upload> {
  const { headers } = request;
  checkCoding(headers['content-encoding']);
  const fields = new FieldCollector();
  for (const [name, value] of options.query) fields.add(name, value);
  const boundary = formBoundary(headers['content-type']);
  return boundary === undefined
    ? openRaw(request, fields, options)
    : openForm(request, { ...options, fields, boundary });
}

/** What is stored is what is got again, and a file has no coding that could be said then. */
function checkCoding(coding: string | undefined): void {
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new SealroomError(
      'unsupported-media-type',
      'a body with a Content-Encoding is not taken: send the file as it is',
    );
  }
}

async function openRaw(request: IncomingMessage, collector: FieldCollector, options: UploadOptions): Promise<Upload> {
  const { headers } = request;
  const digests = digestsOf(headers);
  const body = requestBody(request, { ...options, limit: options.maxFileSize });
  const fields = collector.fields;
  const name = fields.name ?? dispositionName(headers['content-disposition']);
  const type = fields.type ?? (await typeOf(headers['content-type'], name));
  const content = digestChecked(body, [digests.content, digests.representation]);
  return upload(content, { ...fields, name, type, size: declaredLength(headers) });
}

async function openForm(
  request: IncomingMessage,
  {
    fields: collector,
    boundary,
    ...options
  }: UploadOptions & { readonly fields: FieldCollector; readonly boundary: string },
): Promise<Upload> {
  const digests = digestsOf(request.headers);
  if (digests.representation !== undefined) {
    throw new SealroomError('usage', 'a form takes no Repr-Digest: use Content-Digest, over the whole body');
  }
  const body = requestBody(request, { ...options, limit: options.maxFileSize + FORM_OVERHEAD });
  const form = await readForm(digestChecked(body, [digests.content]), boundary, {
    fields: collector,
    limit: options.maxFileSize,
  });
  try {
    const fields = collector.fields;
    const name = fields.name ?? form.filename;
    const type = fields.type ?? (await typeOf(form.type, name));
    return upload(form.content, { ...fields, name, type }, () => form[Symbol.asyncDispose]());
  } catch (error) {
    await form[Symbol.asyncDispose]();
    throw error;
  }
}

/** Types that say how bytes are sent, or that nobody knows what they are: curl's, and those of forms. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['application/octet-stream', 'application/x-www-form-urlencoded']);

/** What the client says a file is, unless that says nothing: then what its name stands for. */
async function typeOf(said: string | undefined, name: string | undefined): Promise<string | undefined> {
  if (said !== undefined && !SAYS_NOTHING.has(said.toLowerCase())) return said;
  const known = name === undefined ? undefined : await mediaTypeOf(name);
  return known ?? (said === undefined ? undefined : 'application/octet-stream');
}

function upload(
  content: AsyncIterable<Uint8Array>,
  fields: UploadFields,
  dispose: () => PromiseLike<void> = () => Promise.resolve(),
): Upload {
  const { name } = fields;
  if (name === undefined) {
    throw new SealroomError('usage', 'a file has a name: ?name=… or Content-Disposition, or a file name in the form');
  }
  let read = false;
  const watched = {
    [Symbol.asyncIterator]: () => {
      read = true;
      return content[Symbol.asyncIterator]();
    },
  };
  return { fields: { ...fields, name }, content: watched, wasRead: () => read, [Symbol.asyncDispose]: dispose };
}
