/** Reads `multipart/byteranges` as a client does, and says what is wrong with it. */
import assert from 'node:assert/strict';

export interface Part {
  readonly headers: readonly string[];
  readonly bytes: Buffer;
}

/** @param type the `Content-Type` of the whole */
export function partsOf(body: Uint8Array, type: string): Part[] {
  const boundary = /^multipart\/byteranges; boundary=([\w'()+,./:=?-]{1,70})$/.exec(type)?.[1];
  assert.ok(boundary !== undefined, `no boundary in ${type}`);
  // Latin 1 gives each byte one character.
  const text = `\r\n${Buffer.from(body).toString('latin1')}`;
  const [preamble, ...rest] = text.split(`\r\n--${boundary}`);
  assert.equal(preamble, '');
  assert.equal(rest.pop(), '--\r\n');
  return rest.map((part) => {
    const end = part.indexOf('\r\n\r\n');
    assert.ok(part.startsWith('\r\n') && end > 0, 'a part begins with its headers');
    return { headers: part.slice(2, end).split('\r\n'), bytes: Buffer.from(part.slice(end + 4), 'latin1') };
  });
}
