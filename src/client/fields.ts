/** What is said of a file that is put, as the service takes it: fields of a form, of a query, of an upload's metadata. */
import { SealroomError } from '../errors.ts';
import type { PutOptions } from '../vault/files.ts';

/**
 * The fields and their values.
 *
 * @throws SealroomError `usage` for text that would become other text, and for what only the service can say
 */
export function fieldsOf(options: PutOptions): readonly (readonly [name: string, value: string])[] {
  // The type is said, as a vault takes it to be: where nothing is, the service looks at the name.
  const { name, type = 'application/octet-stream', tags, metadata, context, createdBy, expires, retainUntil } = options;
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
  return fields;
}

function prefixed(prefix: string, pairs: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [`${prefix}.${name}`, value]));
}
