/** A form (`multipart/form-data`, RFC 7578) that carries one file: its fields first, then the part `file`. */
import { parse } from 'content-disposition';
import { MIMEType } from 'node:util';
import { collect, fromUtf8 } from '../../bytes.ts';
import { SealroomError } from '../../errors.ts';
import type { FieldCollector } from './fields.ts';
import { partsOf } from './multipart.ts';
import type { Part } from './multipart.ts';

/** The part `file`. */
export interface FormFile extends AsyncDisposable {
  /** Undefined where the part has none. */
  readonly filename: string | undefined;
  readonly type: string | undefined;
  /** Ends only once the whole form has arrived, and nothing stood behind the file. */
  readonly content: AsyncIterable<Uint8Array>;
}

const MAX_FIELDS = 1000;
const FIELD_LIMIT = 16 * 1024;
/** All fields together. */
const FIELDS_LIMIT = 64 * 1024;

/** Most bytes that a form has beside the file in it. */
export const FORM_OVERHEAD: number = 1024 * 1024;

/** The boundary of a form; undefined for a body of any other type. */
export function formBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\/form-data\s*(?:;|$)/i.test(contentType)) return undefined;
  const boundary = boundaryIn(contentType);
  if (boundary === null) throw new SealroomError('usage', 'multipart/form-data names its boundary in Content-Type');
  return boundary;
}

function boundaryIn(contentType: string): string | null {
  try {
    return new MIMEType(contentType).params.get('boundary');
  } catch {
    return null;
  }
}

/**
 * Reads a form up to the bytes of its file.
 *
 * @param fields where its fields go
 * @param limit most bytes of the file
 * @throws SealroomError `usage`, `limit`
 */
export async function readForm(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  { fields, limit }: { readonly fields: FieldCollector; readonly limit: number },
): Promise<FormFile> {
  const parts = partsOf(body, boundary);
  try {
    const file = await fieldsThenFile(parts, fields);
    return {
      ...file,
      content: fileContent(file.content, { parts, limit }),
      [Symbol.asyncDispose]: async () => void (await parts.return()),
    };
  } catch (error) {
    await parts.return();
    throw error;
  }
}

async function fieldsThenFile(
  parts: AsyncGenerator<Part, void, undefined>,
  fields: FieldCollector,
): Promise<Pick<FormFile, 'filename' | 'type' | 'content'>> {
  let left = FIELDS_LIMIT;
  for (let count = 0; count <= MAX_FIELDS; count++) {
    const next = await parts.next();
    if (next.done) throw new SealroomError('usage', 'the form has no part named file');
    const { headers, content } = next.value;
    const { name, filename } = dispositionOf(headers.get('content-disposition'));
    checkEncoding(headers.get('content-transfer-encoding'));
    if (name === 'file') {
      // What a browser sends where no file was chosen.
      if (filename === '') throw new SealroomError('usage', 'the form has no file: none was chosen');
      return { filename, type: headers.get('content-type'), content };
    }
    if (filename !== undefined) throw new SealroomError('usage', 'the file of a form is its part named file');
    const value = await collect(content, Math.min(FIELD_LIMIT, left));
    left -= value.length;
    fields.add(name, fieldText(value));
  }
  throw new SealroomError('limit', `a form has at most ${MAX_FIELDS} fields`);
}

/** Strictly `form-data` with parameters: what does not look like it would be cut short by the parser. */
const FORM_DATA = /^form-data(?:[ \t]*;[ \t]*[\w*-]+=(?:"[^"]*"|[^\s";]+))*[ \t]*;?$/i;

function dispositionOf(header: string | undefined): { readonly name: string; readonly filename: string | undefined } {
  const { parameters } = FORM_DATA.test(header ?? '') ? parse(header!, { multipart: true }) : { parameters: {} };
  const { name, filename, 'filename*': undecoded } = parameters as Record<string, string | undefined>;
  if (name === undefined || undecoded !== undefined) {
    throw new SealroomError('usage', 'the form is malformed: a part has no Content-Disposition that names it');
  }
  return { name, filename };
}

/** RFC 7578, 4.7: nobody sends these any more; one that did would have its bytes stored encoded. */
function checkEncoding(encoding: string | undefined): void {
  if (encoding !== undefined && !/^(?:7bit|8bit|binary)$/i.test(encoding)) {
    throw new SealroomError(
      'usage',
      'parts of a form have no Content-Transfer-Encoding: their bytes are sent as they are',
    );
  }
}

function fieldText(value: Uint8Array): string {
  try {
    return fromUtf8(value);
  } catch {
    throw new SealroomError('usage', 'a field of the form is not UTF-8');
  }
}

async function* fileContent(
  content: AsyncIterable<Uint8Array>,
  { parts, limit }: { readonly parts: AsyncGenerator<Part, void, undefined>; readonly limit: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > limit) throw new SealroomError('limit', `a file has at most ${limit} bytes here`);
    yield chunk;
  }
  // A field that came now could not be heeded any more, and a client that sent it would think that it was.
  if (!(await parts.next()).done)
    throw new SealroomError('usage', 'the file is the last part of a form, and the only one');
}
