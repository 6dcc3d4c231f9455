/** Bytes as text. */

export interface TextContent {
  readonly text: string;
  /** How many bytes were read. */
  readonly shown: number;
  /** Whether the file goes on after that. */
  readonly cut: boolean;
}

/**
 * Undefined for bytes that are no text.
 *
 * @param type the media type, whose `charset` says how it was written; UTF-8 unless it, or a byte order mark, says so
 */
export function textContent(
  bytes: Uint8Array,
  { type, size }: { readonly type: string; readonly size: number },
): TextContent | undefined {
  const cut = bytes.length < size;
  // What is cut may end within a character: `stream` leaves the beginning of one out.
  const text = decoderFor(bytes, type).decode(bytes, { stream: cut });
  return looksBinary(text) ? undefined : { text, shown: bytes.length, cut };
}

function decoderFor(bytes: Uint8Array, type: string): TextDecoder {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le');
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be');
  const charset = /;\s*charset="?([\w.:-]+)"?/i.exec(type)?.[1];
  try {
    return new TextDecoder(charset);
  } catch {
    // No name of an encoding that anybody knows.
    return new TextDecoder();
  }
}

/** Text has no NUL, and hardly anything that cannot be decoded. */
function looksBinary(text: string): boolean {
  if (text.includes('\0')) return true;
  let undecodable = 0;
  for (const character of text) if (character === '\uFFFD') undecodable++;
  return undecodable > 8 && undecodable > text.length / 50;
}
