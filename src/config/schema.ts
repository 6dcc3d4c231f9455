/** What `sealroom.json` may hold. `sealroom.schema.json` is made from it, for editors. */
import { z } from 'zod';
import { httpSchema } from './http-schema.ts';
import type { HttpConfigFile } from './http.ts';

/** A configuration as it is written: nothing resolved, nothing read. */
export interface ConfigFile {
  readonly $schema?: string | undefined;
  readonly version: 1;
  readonly id: string;
  readonly pins: readonly string[];
  readonly keys: readonly string[];
  readonly oldKeys?: readonly string[] | undefined;
  readonly blobs: string;
  readonly catalog: string;
  readonly http?: HttpConfigFile | undefined;
  readonly limits?:
    | {
        readonly frameLength?: number | undefined;
        readonly segmentLength?: number | undefined;
        readonly uploadSegmentLength?: number | undefined;
        readonly uploadTime?: number | undefined;
        readonly graceTime?: number | undefined;
      }
    | undefined;
}

const VAULT_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const PIN = /^[0-9a-f]{64}$/;
const BLOBS = /^(?:fs|s3):./s;
const CATALOG = /^(?:sqlite|dynamodb):./s;
/** The format's own limit. */
const MAX_FRAME_LENGTH = 2 ** 32 - 1;
/** The longest that a vault takes. */
const SECONDS_OF_90_DAYS = 90 * 24 * 60 * 60;

const matching = (pattern: RegExp, expected: string): z.ZodString =>
  z.string().regex(pattern, { error: `expected ${expected}` });

const count = (most: number): z.ZodInt => z.int().min(1).max(most);

export const configSchema: z.ZodType<ConfigFile> = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1).describe('Version of this file.'),
    id: matching(VAULT_ID, 'the id of a vault').describe('Id of the vault.'),
    pins: z
      .array(matching(PIN, '64 hexadecimal digits, as `sealroom init` wrote them'))
      .min(1)
      .describe('Commitments of the vault keys to accept: they prove that the catalog is this vault.'),
    keys: z
      .array(z.string())
      .min(1)
      .describe(
        'Key specifications, such as jwk:master.jwk or aws-kms:KEY-ARN: the first makes data keys, the others wrap them too.',
      ),
    oldKeys: z.array(z.string()).optional().describe('Key specifications of keys that only open what they sealed.'),
    blobs: matching(BLOBS, 'fs:FOLDER or s3:BUCKET/PREFIX').describe(
      'Where the encrypted bytes are: fs:FOLDER, or s3:BUCKET/PREFIX with ?region=, owner=, path-style=, part-size=, parts=.',
    ),
    catalog: matching(CATALOG, 'sqlite:FILE or dynamodb:TABLE').describe(
      'Where the records are: sqlite:FILE, or dynamodb:TABLE with ?region=.',
    ),
    http: httpSchema.optional(),
    limits: z
      .strictObject({
        frameLength: count(MAX_FRAME_LENGTH)
          .optional()
          .describe('Bytes a frame of new files holds; 98304 unless given.'),
        segmentLength: count(Number.MAX_SAFE_INTEGER)
          .optional()
          .describe('Bytes after which a file begins another segment; 64 GiB unless given.'),
        uploadSegmentLength: count(Number.MAX_SAFE_INTEGER)
          .optional()
          .describe('Bytes after which an upload in pieces begins another segment; 256 MiB unless given.'),
        uploadTime: count(SECONDS_OF_90_DAYS)
          .optional()
          .describe('Seconds that an upload in pieces may take before it is given up; 604800 unless given.'),
        graceTime: count(SECONDS_OF_90_DAYS)
          .optional()
          .describe('Seconds that work may be silent before a sweep gives it up; 86400 unless given.'),
      })
      .optional(),
  })
  .meta({ title: 'Configuration of a Sealroom vault' });

/** What is wrong with one place of a configuration. */
export interface ConfigFault {
  /** Keys and indexes down to the place; empty for the whole. */
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

/** Checks what was read; the first fault when it cannot be used. */
export function checkConfig(value: unknown): { readonly config: ConfigFile } | { readonly fault: ConfigFault } {
  const result = configSchema.safeParse(value);
  if (result.success) return { config: result.data };
  const issue = result.error.issues[0]!;
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return { fault: { path: [...path, issue.keys[0]!], reason: 'there is no such key' } };
  }
  const missing = valueAt(value, path) === undefined;
  // None of the messages quotes the value: a key may have been pasted where its file's name belongs.
  return { fault: { path, reason: missing ? 'it is missing' : issue.message.replace(/^Invalid input: /, '') } };
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (const part of path) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined;
  }
  return found;
}
