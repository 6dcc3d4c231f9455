/** Uploads in pieces, as they are asked for and answered. */
import { z } from 'zod';
import { Time } from './common.ts';

const Upload = z
  .object({
    id: z.string().describe('That of the file to be'),
    name: z.string(),
    type: z.string().describe('Media type'),
    size: z.int().nullable().describe('Bytes that were announced; null while nobody has'),
    offset: z.int().describe('Bytes that are durable'),
    createdAt: Time,
    createdBy: z.string().nullable(),
    uploadExpires: Time.describe('When it is given up'),
  })
  .meta({ id: 'Upload', description: 'A file that arrives in pieces' });

export const Uploads: z.ZodType = z.object({ uploads: z.array(Upload) }).meta({ id: 'Uploads' });

const version = { 'tus-resumable': z.string().optional().describe('1.0.0') };
const bytes = z.string().optional();

/** What they say is checked where it is read: the protocol has statuses of its own. */
export const TusHeaders: z.ZodType<Record<string, unknown>> = z.object(version).loose();

export const CreateHeaders: z.ZodType<Record<string, unknown>> = z
  .object({
    ...version,
    'upload-length': bytes.describe('Bytes of the file'),
    'upload-defer-length': z.string().optional().describe('1 where the length is to come later'),
    'upload-metadata': z
      .string()
      .optional()
      .describe(
        '`filename`, `filetype`, `expires`, `retainUntil`, `tag.NAME`, `metadata.NAME`, `context.NAME`; others become metadata',
      ),
  })
  .loose();

export const PieceHeaders: z.ZodType<Record<string, unknown>> = z
  .object({
    ...version,
    'upload-offset': bytes.describe('Where the piece begins'),
    'upload-length': bytes.describe('Where it was deferred'),
  })
  .loose();
