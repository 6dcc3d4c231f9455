/** What a file is called, and of which type it is, that was an object. */
import { mediaTypeOf } from '../media-type.ts';

/**
 * The name for a key. Control characters, which no name has, are written as %XX.
 *
 * @param prefix what is left out at the beginning, up to its last slash
 */
export function nameOf(key: string, prefix: string = ''): string {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const rest = key.startsWith(folder) ? key.slice(folder.length) : key;
  return (rest === '' ? key : rest).replace(/\p{Cc}/gu, (character) => encodeURIComponent(character));
}

/** Types that say no more than that nobody said one: SDKs and stores write them by themselves. */
const MEANINGLESS = new Set(['application/octet-stream', 'binary/octet-stream', 'application/x-www-form-urlencoded']);

/** The type that whoever stored it said, where it says something; else by the extension of the name. */
export async function typeOf(name: string, stated: string | undefined): Promise<string | undefined> {
  if (stated !== undefined && isType(stated) && !MEANINGLESS.has(stated.toLowerCase())) return stated;
  return mediaTypeOf(name);
}

function isType(text: string): boolean {
  return text.length <= 255 && /^[\x21-\x7e]+\/[\x20-\x7e]+$/.test(text);
}
