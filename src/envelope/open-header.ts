/** From the first bytes of a message to the key that opens its frames (F20 to F22). */
import { constantTimeEqual, concat } from '../bytes.ts';
import type { ByteReader } from '../bytes.ts';
import { cipher } from '../cipher/index.ts';
import type { DataKey } from '../data-key.ts';
import { SealroomError } from '../errors.ts';
import { contextValue, encodeContext } from '../message/context.ts';
import type { EncryptionContext } from '../message/context.ts';
import { DEFAULT_MAX_ENCRYPTED_DATA_KEYS } from '../message/edk.ts';
import { parseHeader } from '../message/header.ts';
import type { Header, ParsedHeader } from '../message/header.ts';
import { suiteName } from '../message/suites.ts';
import type { CallOptions, Keyring } from '../ports.ts';
import { HEADER_CHANGED, deriveKeys } from './derive.ts';

export interface OpenOptions extends CallOptions {
  readonly keyring: Keyring;
  /**
   * Pairs that the message must have been sealed with. One that the header carries must be equal there; one that it
   * does not carry is taken for a pair the writer left out, and is authenticated with the rest.
   */
  readonly context?: EncryptionContext | undefined;
  /** Take suites without key commitment too: a message of theirs may open to different plaintexts under different keys. */
  readonly allowUncommitted?: boolean | undefined;
  /** Refuse signed messages, whose last bytes can only be given out after all of them were read. */
  readonly refuseSigned?: boolean | undefined;
  /** Most encrypted data keys to take; 16 unless given. */
  readonly maxEncryptedDataKeys?: number | undefined;
}

/** A header that was authenticated. */
export interface OpenedHeader {
  readonly header: Header;
  /** All pairs: those in the header and those reproduced. */
  readonly context: EncryptionContext;
  /** Length of the header with its authentication, in bytes. */
  readonly length: number;
  /** Body, IV and tag of the header as they were read: what a signature covers. */
  readonly bytes: Uint8Array;
  /** Opens the frames; the caller's to dispose. */
  readonly encryptionKey: DataKey;
}

/**
 * Reads a header without authenticating it.
 *
 * @throws SealroomError `truncated` when the reader ends first; what `parseHeader` throws
 */
export async function readHeader(
  reader: ByteReader,
  maxEncryptedDataKeys: number = DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
): Promise<{ parsed: ParsedHeader; bytes: Uint8Array }> {
  let held = new Uint8Array(HEADER_READ_LENGTH);
  let filled = 0;
  let needs = 1;
  for (;;) {
    while (filled < needs) {
      // No more than is at hand: a writer that pauses after its header must not be waited for.
      const more = await reader.readSome(held.length - filled);
      if (more.length === 0) {
        throw new SealroomError('truncated', filled === 0 ? 'it is empty' : 'it ends within its header');
      }
      held.set(more, filled);
      filled += more.length;
      if (filled === held.length) held = doubled(held);
    }
    const parsed = parseHeader(held.subarray(0, filled), { maxEncryptedDataKeys });
    if ('needs' in parsed) {
      needs = parsed.needs;
      continue;
    }
    reader.unread(held.subarray(parsed.length, filled));
    return { parsed, bytes: held.subarray(0, parsed.length) };
  }
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}

/** Most headers are shorter, so that one read is enough. */
const HEADER_READ_LENGTH = 4096;

/**
 * Authenticates the header that a message begins with: policy, wrapped key, commitment, tag, in this order (F20).
 * Nothing that the header says is acted on before its tag was verified.
 */
export async function openHeader(reader: ByteReader, options: OpenOptions): Promise<OpenedHeader> {
  const { parsed, bytes } = await readHeader(reader, options.maxEncryptedDataKeys);
  const { header } = parsed;
  checkPolicy(header, options);
  const reproduced = reproducedPairs(header.context, options.context ?? {});
  const context = { ...header.context, ...reproduced };
  using dataKey = await options.keyring.unwrap(header.edks, context, { signal: options.signal });
  if (dataKey === null) {
    throw new SealroomError('wrong-key', 'none of the keys given is one that it was sealed under');
  }
  const { encryptionKey, commitment } = deriveKeys(header.suite, dataKey, header.messageId);
  try {
    if (header.commitment !== undefined && !constantTimeEqual(header.commitment, commitment!)) {
      throw new SealroomError('damaged', HEADER_CHANGED);
    }
    const aad = concat([parsed.body, encodeContext(reproduced)]);
    if (cipher.open(encryptionKey, parsed.iv, aad, parsed.tag) === null) {
      throw Object.keys(reproduced).length > 0
        ? new SealroomError('wrong-context', 'the header does not authenticate with the context pairs given')
        : new SealroomError('damaged', HEADER_CHANGED);
    }
    return { header, context, length: parsed.length, bytes, encryptionKey };
  } catch (error) {
    encryptionKey[Symbol.dispose]();
    throw error;
  }
}

function checkPolicy({ suite }: Header, options: OpenOptions): void {
  if (!suite.committing && options.allowUncommitted !== true) {
    throw new SealroomError(
      'uncommitted',
      `suite ${suiteName(suite.id)} has no key commitment: allow it (--allow-uncommitted) if you trust whoever wrote it`,
    );
  }
  if (suite.signature !== null && options.refuseSigned === true) {
    throw new SealroomError(
      'signed',
      `suite ${suiteName(suite.id)} is signed, and this call does not take signed messages`,
    );
  }
}

/** The pairs given that the header does not carry; those it does must be equal. */
function reproducedPairs(stored: EncryptionContext, given: EncryptionContext): EncryptionContext {
  const reproduced: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    const found = contextValue(stored, name);
    if (found === undefined) reproduced.push([name, value]);
    else if (found !== value) {
      throw new SealroomError('wrong-context', `the message was sealed with another value of ${JSON.stringify(name)}`);
    }
  }
  return Object.fromEntries(reproduced);
}
