/** Changing the tags of a file, and what stands against it. */

export type Tags = Readonly<Record<string, string>>;

export interface Tag {
  readonly name: string;
  readonly value: string;
}

/** A tag as somebody wrote it, and the name of the one that it takes the place of. */
export interface TagChange extends Tag {
  readonly replaces?: string | undefined;
}

export type TagProblem = 'empty' | 'exists' | 'nameTooLong' | 'valueTooLong' | 'control' | 'tooMany';

export const MOST_TAGS = 50;
const MOST_NAME_BYTES = 128;
const MOST_VALUE_BYTES = 256;

export function tagsIn(tags: Tags): Tag[] {
  return Object.entries(tags)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Why a file cannot have a tag; undefined when it can. The service has the last word. */
export function tagProblem(tags: Tags, { name, value, replaces }: TagChange): TagProblem | undefined {
  if (name === '') return 'empty';
  if (/\p{Cc}/u.test(name + value)) return 'control';
  if (bytesOf(name) > MOST_NAME_BYTES) return 'nameTooLong';
  if (bytesOf(value) > MOST_VALUE_BYTES) return 'valueTooLong';
  if (name !== replaces && Object.hasOwn(tags, name)) return 'exists';
  return replaces === undefined && Object.keys(tags).length >= MOST_TAGS ? 'tooMany' : undefined;
}

export function withTag(tags: Tags, { name, value, replaces }: TagChange): Tags {
  const kept = replaces === undefined ? tags : withoutTag(tags, replaces);
  return fromEntries([...Object.entries(kept).filter(([other]) => other !== name), [name, value]]);
}

export function withoutTag(tags: Tags, name: string): Tags {
  return fromEntries(Object.entries(tags).filter(([other]) => other !== name));
}

/** Also of a tag that is called `__proto__`. */
function fromEntries(entries: readonly (readonly [string, string])[]): Tags {
  return Object.fromEntries(entries);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
