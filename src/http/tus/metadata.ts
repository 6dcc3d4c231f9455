/** `Upload-Metadata`: what a client says of a file that it uploads in pieces. */
import { fromBase64, toBase64 } from '../../base64.ts';
import { fromUtf8, utf8 } from '../../bytes.ts';
import { SealroomError } from '../../errors.ts';
import { mediaTypeOf } from '../../media-type.ts';
import { FieldCollector } from '../upload/fields.ts';
import type { FileFields } from '../upload/fields.ts';

/** Clients of the protocol have names of their own for what a file is called and what it is. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['filename', 'name'],
  ['filetype', 'type'],
]);

const FIELD = /^(?:name|type|expires|retainUntil|(?:tag|metadata|context)\..*)$/s;

/**
 * The fields of a file. A name that is no field's, such as a client's own, becomes metadata; of `name` and `filename`
 * the first counts.
 *
 * @throws SealroomError `usage` on a header that cannot be read, or without a name
 */
export async function fieldsOf(header: string | undefined): Promise<FileFields & { readonly name: string }> {
  const pairs = pairsOf(header ?? '');
  for (const [other, name] of SYNONYMS) {
    const value = pairs.get(other);
    pairs.delete(other);
    // Browsers say '' of a file whose type they do not know.
    if (value !== undefined && !pairs.get(name)) pairs.set(name, value);
  }
  if (pairs.get('type') === '') pairs.delete('type');
  const collector = new FieldCollector();
  for (const [name, value] of pairs) collector.add(FIELD.test(name) ? name : `metadata.${name}`, value);
  const { fields } = collector;
  if (fields.name === undefined || fields.name === '') {
    throw new SealroomError('usage', 'a file has a name: filename, or name, in Upload-Metadata');
  }
  return { ...fields, name: fields.name, type: fields.type ?? (await mediaTypeOf(fields.name)) };
}

function pairsOf(header: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of header.split(',').map((text) => text.trim())) {
    if (pair === '') continue;
    const [name = '', value = '', ...rest] = pair.split(' ');
    if (name === '' || rest.length > 0 || pairs.has(name)) throw unreadable();
    pairs.set(name, textOf(value));
  }
  return pairs;
}

function textOf(value: string): string {
  try {
    return fromUtf8(fromBase64(value));
  } catch {
    throw unreadable();
  }
}

function unreadable(): SealroomError {
  return new SealroomError('usage', 'Upload-Metadata is pairs of a name and text in base64, between commas');
}

/** The header for what is known of a file. */
export function metadataHeader({ name, type }: { readonly name: string; readonly type: string }): string {
  return `filename ${toBase64(utf8(name))},filetype ${toBase64(utf8(type))}`;
}
