/** Files, as they are asked for and answered. */
import { z } from 'zod';
import type { Changes } from '../../vault/files.ts';
import { GivenTime, Time } from './common.ts';

const pairs = z.record(z.string(), z.string());
const time = Time.nullable();

export const Stat: z.ZodType = z
  .object({
    id: z.string().describe('UUID of version 7'),
    name: z.string(),
    type: z.string().describe('Media type'),
    size: z.int(),
    tags: pairs,
    metadata: pairs,
    context: pairs.describe('Public, and seen by the key management service'),
    createdAt: Time,
    createdBy: z.string().nullable().describe('Whose token it was put with'),
    expires: time.describe('When it goes by itself'),
    retainUntil: time.describe('Until when nothing removes it'),
    hold: z.string().nullable(),
    keys: z
      .array(z.object({ provider: z.string(), name: z.string() }))
      .describe('The wrapping keys that its data key is encrypted under'),
    segments: z.array(z.object({ messageId: z.string(), frameLength: z.int(), size: z.int() })),
    version: z.string().describe('Changes whenever anything here does; in quotes, it is the `ETag`'),
  })
  .meta({ id: 'Stat', description: 'A file, without its bytes' });

export const Listing: z.ZodType = z
  .object({
    files: z.array(Stat).describe('Newest first'),
    unreadable: z
      .array(z.object({ id: z.string(), code: z.string(), message: z.string() }))
      .describe('Records of this page that were changed, and do not open'),
    cursor: z.string().optional().describe('For the next page; absent on the last one'),
  })
  .meta({ id: 'Listing' });

export const Verification: z.ZodType = z
  .object({ stat: Stat, frames: z.int().describe('Pieces that were opened: all of them') })
  .meta({ id: 'Verification' });

export interface ListQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly q?: string | undefined;
}

export const ListQuery: z.ZodType<ListQuery> = z.strictObject({
  // Not coerced: `0x10` and ` 1 ` are numbers to JavaScript.
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, { error: 'expected a number from 1 to 1000' })
    .transform(Number)
    .pipe(z.int().max(1000, { error: 'expected a number from 1 to 1000' }))
    .optional()
    .describe('Most files to answer: 1 to 1,000, 100 unless given'),
  cursor: z.string().optional().describe('Where the page before ended'),
  q: z
    .string()
    .optional()
    .describe('Only files whose name contains this. A page may then hold few or none, and have a cursor all the same'),
});

/** What the query of a put may say; the names that begin `tag.`, `metadata.` and `context.` are looked at later. */
export const PutQuery: z.ZodType<Record<string, string | undefined>> = z
  .object({
    name: z
      .string()
      .optional()
      .describe('1 to 1,024 bytes. Else the file name in `Content-Disposition`, or of the form'),
    type: z.string().optional().describe('Media type; else that of the content'),
    expires: GivenTime.optional().describe('When it is to go by itself: ISO 8601'),
    retainUntil: GivenTime.optional().describe('Until when nothing removes it: ISO 8601'),
  })
  .catchall(z.string());

export const PutHeaders: z.ZodType = z.looseObject({
  'idempotency-key': z
    .string()
    .optional()
    .describe('1 to 255 printable characters, fresh for each file: the same request with it again stores nothing more'),
  'content-disposition': z.string().optional().describe('RFC 6266: the name, where the query has none'),
  'content-digest': z
    .string()
    .optional()
    .describe('RFC 9530: `sha-256` of the body is checked before the file is kept'),
  'repr-digest': z.string().optional().describe('RFC 9530: as `Content-Digest`; not with a form'),
});

export const FileChanges: z.ZodType<Changes> = z.strictObject({
  name: z.string().optional(),
  type: z.string().optional(),
  tags: pairs.optional().describe('All tags anew'),
  metadata: pairs.optional().describe('All metadata anew'),
});

export const IfVersion: z.ZodType = z.looseObject({
  'if-match': z.string().optional().describe('Only when the record is at one of these versions: its `ETag`'),
  'if-none-match': z.string().optional().describe('Only when the record is at none of these versions'),
});
