/** `Content-Digest` and `Repr-Digest` (RFC 9530): what a client says of the bytes that it sends. */
import type { IncomingHttpHeaders } from 'node:http';
import { constantTimeEqual } from '../../bytes.ts';
import { cipher } from '../../cipher/index.ts';
import { SealroomError } from '../../errors.ts';

const LENGTH = 32;

/** Values of SHA-256 that were named; undefined where none was. */
export interface Digests {
  /** Of the content of the message, as it is sent. */
  readonly content: Uint8Array | undefined;
  /** Of what is to be stored. */
  readonly representation: Uint8Array | undefined;
}

/** @throws SealroomError `usage` for a header that is malformed; algorithms other than `sha-256` are passed over */
export function digestsOf(headers: IncomingHttpHeaders): Digests {
  return { content: digestIn(headers, 'content-digest'), representation: digestIn(headers, 'repr-digest') };
}

/** A member of a dictionary (RFC 9651, 3.2) whose value is a byte sequence; parameters mean nothing here. */
const MEMBER = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(?:; *[a-z*][a-z0-9_.*-]*(?:=[^;,]*)?)*$/;

function digestIn(headers: IncomingHttpHeaders, name: 'content-digest' | 'repr-digest'): Uint8Array | undefined {
  const header = headers[name];
  if (header === undefined) return undefined;
  let digest: Uint8Array | undefined;
  for (const member of String(header).split(',')) {
    const match = MEMBER.exec(member.trim());
    if (match === null) throw malformed(name);
    // RFC 9651, 4.2.2: the last of several members of one name counts.
    if (match[1] === 'sha-256') digest = Buffer.from(match[2]!, 'base64');
  }
  if (digest !== undefined && digest.length !== LENGTH) throw malformed(name);
  return digest;
}

function malformed(name: string): SealroomError {
  return new SealroomError('usage', `${name} is malformed: RFC 9530 has it like sha-256=:BASE64:`);
}

/** The same chunks; in place of the end, `digest-mismatch` when their hash is not each one expected. */
export function digestChecked(
  chunks: AsyncIterable<Uint8Array>,
  expected: readonly (Uint8Array | undefined)[],
): AsyncIterable<Uint8Array> {
  const digests = expected.filter((digest) => digest !== undefined);
  return digests.length === 0 ? chunks : checked(chunks, digests);
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  expected: readonly Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = cipher.sha256Stream();
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = hash.digest();
  if (!expected.every((value) => constantTimeEqual(value, digest))) {
    throw new SealroomError('digest-mismatch', 'the bytes that arrived have another SHA-256 than the digest names');
  }
}
