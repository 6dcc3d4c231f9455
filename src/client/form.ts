/**
 * What is put, as a form (`multipart/form-data`, RFC 7578): the fields first, then the file.
 *
 * Not in the query: its names would stand in the log of every proxy on the way, and long ones would not fit.
 */
import { copyOf, toHex, utf8 } from '../bytes.ts';

/** What a file is sent between. */
export interface Form {
  readonly contentType: string;
  readonly head: Uint8Array<ArrayBuffer>;
  readonly tail: Uint8Array<ArrayBuffer>;
}

/** @param fields with names that are {@link isFieldName} */
export function formOf(fields: Readonly<Record<string, string>>): Form {
  // Random, so that no file has it in it.
  const boundary = `sealroom-${toHex(crypto.getRandomValues(new Uint8Array(20)))}`;
  const parts = Object.entries(fields).map(([name, value]) => `${partHead(boundary, name)}${value}\r\n`);
  const file = partHead(boundary, 'file', '; filename="file"');
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: copyOf(utf8(`${parts.join('')}${file}`)),
    tail: copyOf(utf8(`\r\n--${boundary}--\r\n`)),
  };
}

function partHead(boundary: string, name: string, more = ''): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
}

/** Whether a name means in a form what it says: readers differ about quotes, escapes and characters beyond ASCII. */
export function isFieldName(name: string): boolean {
  return /^[\x20-\x7e]+$/.test(name) && !/["\\%]/.test(name);
}
