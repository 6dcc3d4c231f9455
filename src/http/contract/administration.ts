/** What there is to see for whoever looks after a vault, as it is answered. */
import { z } from 'zod';

const KeyCount = z
  .object({
    provider: z.string().describe('`aws-kms`, or a namespace of keys of one\u2019s own'),
    name: z.string().describe('An ARN, or what the key is called'),
    files: z.int(),
    uploads: z.int(),
  })
  .meta({ id: 'KeyCount', description: 'What depends on one wrapping key' });

export const KeyCounts: z.ZodType = z
  .object({
    keys: z.array(KeyCount).describe('Those of most files first'),
    files: z.int(),
    uploads: z.int().describe('Those that are not complete'),
    unlisted: z.int().describe('Files and uploads with keys that are too many, or of too long a name, to be listed'),
    unreadable: z.int().describe('Records that do not say which keys theirs are'),
  })
  .meta({
    id: 'KeyCounts',
    description:
      'Files and uploads by wrapping key, as records name it, which nothing authenticates before they are opened',
  });

const EntryCounts = z
  .object({
    entries: z.int(),
    due: z.int().describe('Those that the next sweep works on'),
    oldest: z.number().nullable().describe('Seconds since the oldest was begun'),
  })
  .meta({ id: 'EntryCounts' });

export const Journal: z.ZodType = z
  .object({
    writing: EntryCounts.describe('Files that are being put, or were when a process died'),
    removing: EntryCounts.describe('Removals that are under way, or wait to be made sure of'),
    grace: z.number().describe('Seconds without a sign of life after which a sweep works on an entry'),
  })
  .meta({ id: 'Journal', description: 'What is under way and what is left over, in numbers' });
