/**
 * Where a file came from, as it stands in its sealed metadata: what was imported is what the vault holds, so that no
 * state is kept anywhere else, and a run that was killed leaves nothing to repair.
 */
import { toHex } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { CallOptions } from '../ports.ts';
import { encodeFields } from '../vault/encoding.ts';
import type { Files, Idempotency } from '../vault/files.ts';

export interface Origin {
  /** Address of the object. */
  readonly source: string;
  readonly etag: string;
  /** Of the demonstration application: where the encrypted data key was. */
  readonly item?: string | undefined;
}

/** Names of metadata. No header of S3 has a colon, so that none of its own metadata is called so. */
const NAMES = { source: 'import:source', etag: 'import:etag', item: 'import:item' } as const;
const MODIFIED = 'import:modified';
const ENCODING = 'import:content-encoding';

/** What the vault keeps about an original beside its own metadata. */
export function originMetadata(
  { source, etag, item }: Origin,
  { modified, encoding }: { readonly modified?: Date | undefined; readonly encoding?: string | undefined } = {},
): Record<string, string> {
  return {
    [NAMES.source]: source,
    [NAMES.etag]: etag,
    ...(item !== undefined && { [NAMES.item]: item }),
    ...(modified !== undefined && { [MODIFIED]: modified.toISOString() }),
    ...(encoding !== undefined && { [ENCODING]: encoding }),
  };
}

/** Undefined for a file that was not imported. */
function originOf(metadata: Readonly<Record<string, string>>): Origin | undefined {
  const { [NAMES.source]: source, [NAMES.etag]: etag, [NAMES.item]: item } = metadata;
  return source === undefined || etag === undefined ? undefined : { source, etag, item };
}

/** Which file of a vault an original became. */
export interface Imported {
  readonly origin: Origin;
  readonly id: string;
}

/** As many as a vault gives at once. */
const PAGE = 1000;

/** All files of a tenant that were imported, newest first. */
export async function* importedFiles(
  files: Files,
  { signal }: CallOptions = {},
): AsyncGenerator<Imported, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await files.list({ limit: PAGE, cursor, signal });
    for (const { id, metadata } of page.files) {
      const origin = originOf(metadata);
      if (origin !== undefined) yield { origin, id };
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Short, and the same for the same original only. */
export function identityOf({ source, etag, item = '' }: Origin): string {
  return toHex(cipher.sha256([encodeFields(['sealroom import v1', source, etag, item])]));
}

/**
 * Keeps two runs at once from storing an original twice, and a run that follows one that was killed at the worst moment.
 *
 * @param removals how often what was stored was removed from the vault, within the day that it remembers keys
 */
export function idempotencyOf(origin: Origin, removals: number): Idempotency {
  const identity = identityOf(origin);
  return { key: `import-${identity}-${removals}`, request: identity };
}
