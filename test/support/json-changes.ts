/** Everything that somebody could do to a JSON document, one change at a time. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export interface JsonChange {
  /** Where and what, for people. */
  readonly what: string;
  readonly changed: Json;
}

/**
 * The changes of one document: each value deleted, damaged, or given the value that stands there in another document;
 * each list reordered, shortened and repeated; each number counted up.
 */
export function* jsonChanges(document: Json, others: readonly Json[]): Generator<JsonChange, void, undefined> {
  for (const path of pathsOf(document)) {
    const value = at(document, path)!;
    const place = path.join('.');
    if (path.length > 0) yield { what: `${place} deleted`, changed: edited(document, path, () => undefined) };
    for (const [what, next] of changesOf(value)) {
      yield { what: `${place} ${what}`, changed: edited(document, path, () => next) };
    }
    for (const other of others) {
      const found = at(other, path);
      if (found === undefined || JSON.stringify(found) === JSON.stringify(value)) continue;
      yield { what: `${place} of another`, changed: edited(document, path, () => found) };
    }
  }
}

type Path = readonly (string | number)[];

function* pathsOf(value: Json, path: Path = []): Generator<Path, void, undefined> {
  yield path;
  if (Array.isArray(value)) for (const [i, element] of value.entries()) yield* pathsOf(element, [...path, i]);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, element] of Object.entries(value)) yield* pathsOf(element, [...path, name]);
  }
}

function at(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (found, name) =>
      typeof found === 'object' && found !== null ? (found as Record<string | number, Json>)[name] : undefined,
    value,
  );
}

/** A copy with one value replaced, or taken out where `change` gives undefined. */
function edited(document: Json, path: Path, change: (value: Json) => Json | undefined): Json {
  const [name, ...rest] = path;
  if (name === undefined) return change(document) ?? null;
  const copy = structuredClone(document) as Record<string | number, Json>;
  const next = rest.length === 0 ? change(copy[name]!) : edited(copy[name]!, rest, change);
  if (next !== undefined) copy[name] = next;
  else if (Array.isArray(copy)) copy.splice(Number(name), 1);
  else delete copy[name];
  return copy;
}

function* changesOf(value: Json): Generator<readonly [string, Json], void, undefined> {
  if (typeof value === 'string') yield* textChanges(value);
  else if (typeof value === 'number')
    for (const next of [value + 1, value - 1, 0, 0.5, 2 ** 60, `${value}`]) yield [`is ${next}`, next];
  else if (typeof value === 'boolean') yield ['inverted', !value];
  else if (Array.isArray(value)) {
    yield ['empty', []];
    yield ['repeated', [...value, ...value]];
    if (value.length > 1) yield ['reversed', value.toReversed()];
    for (const i of value.keys()) yield [`with ${i} twice`, [...value.slice(0, i), value[i]!, ...value.slice(i)]];
  } else if (value !== null) {
    yield ['empty', {}];
    yield ['with one name more', { ...value, more: 'x' }];
    yield ['with text that is none', { ...value, more: '\ud800' }];
    yield ['with much more', { ...value, more: 'x'.repeat(70_000) }];
  }
  for (const next of [null, 'text', 7]) if (next !== value) yield [`is ${JSON.stringify(next)}`, next];
}

function* textChanges(text: string): Generator<readonly [string, Json], void, undefined> {
  yield ['empty', ''];
  yield ['cut', text.slice(0, -1)];
  yield ['longer', `${text}A`];
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text && bytes.length > 2) {
    for (const place of [0, bytes.length >> 1, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[place]! ^= 1;
      yield [`flipped at ${place}`, flipped.toString('base64')];
    }
    yield ['half', bytes.subarray(0, bytes.length >> 1).toString('base64')];
  } else if (text.length > 0) {
    const other = text.endsWith('2') ? '3' : '2';
    yield ['with another end', text.slice(0, -1) + other];
  }
}
