/**
 * Characters that a terminal would obey, or that would show text in another order than it has: names, contexts and
 * paths are chosen by others. Spaces and letters of all scripts pass.
 */
const COMMANDS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Text that is safe on a terminal: commands become visible escapes. */
export function printable(text: string): string {
  return text.replace(COMMANDS, escapeOf);
}

/** JSON that is safe on a terminal too; whoever reads it as JSON finds the very same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(COMMANDS, escapeOf);
}

/** Every one of them is a single UTF-16 unit, so that this is an escape of JSON. */
function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
