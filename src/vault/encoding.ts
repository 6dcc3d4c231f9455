/** Unambiguous bytes for what is authenticated, and JSON that is read strictly (F30, F31). */
import { concat, fromUtf8, u32, utf8 } from '../bytes.ts';
import { fromBase64 } from '../base64.ts';
import { SealroomError } from '../errors.ts';

/**
 * Joins fields so that no two lists give the same bytes: each is preceded by its length (F30).
 */
export function encodeFields(fields: readonly (string | Uint8Array)[]): Uint8Array {
  return concat(
    fields.flatMap((field) => {
      const bytes = typeof field === 'string' ? utf8(field) : field;
      return [u32(bytes.length), bytes];
    }),
  );
}

export function encodeJson(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

/** A JSON object whose fields are taken one by one, each with the type it must have. */
export class JsonObject {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #what: string;

  /** @param what names the thing in errors */
  constructor(value: unknown, what: string) {
    this.#what = what;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#malformed('');
    this.#fields = new Map(Object.entries(value));
  }

  static parse(bytes: Uint8Array, what: string): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(fromUtf8(bytes));
    } catch {
      throw new SealroomError('damaged', `${what} is malformed: no JSON`);
    }
    return new JsonObject(value, what);
  }

  #malformed(name: string): SealroomError {
    return new SealroomError('damaged', `${this.#what} is malformed${name === '' ? '' : `: ${name}`}`);
  }

  #field(name: string): unknown {
    return this.#fields.get(name);
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  string(name: string): string {
    const value = this.#field(name);
    if (typeof value !== 'string') throw this.#malformed(name);
    return value;
  }

  nullableString(name: string): string | null {
    return this.#field(name) === null ? null : this.string(name);
  }

  /** A whole number of at least 0. */
  count(name: string): number {
    const value = this.#field(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw this.#malformed(name);
    return value;
  }

  nullableCount(name: string): number | null {
    return this.#field(name) === null ? null : this.count(name);
  }

  boolean(name: string): boolean {
    const value = this.#field(name);
    if (typeof value !== 'boolean') throw this.#malformed(name);
    return value;
  }

  bytes(name: string, length?: number): Uint8Array {
    const bytes = fromBase64(this.string(name));
    if (length !== undefined && bytes.length !== length) throw this.#malformed(name);
    return bytes;
  }

  optionalBytes(name: string, length: number): Uint8Array | undefined {
    return this.#field(name) === undefined ? undefined : this.bytes(name, length);
  }

  object(name: string): JsonObject {
    return new JsonObject(this.#field(name), `${this.#what}: ${name}`);
  }

  optionalObject(name: string): JsonObject | undefined {
    return this.#field(name) === undefined ? undefined : this.object(name);
  }

  objects(name: string): JsonObject[] {
    const value = this.#field(name);
    if (!Array.isArray(value)) throw this.#malformed(name);
    return value.map((element, i) => new JsonObject(element, `${this.#what}: ${name} ${i}`));
  }

  strings(name: string): string[] {
    const value = this.#field(name);
    if (!Array.isArray(value) || !value.every((element) => typeof element === 'string')) throw this.#malformed(name);
    return value;
  }

  /** An object of names and texts. */
  textPairs(name: string): Record<string, string> {
    const value = this.#field(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#malformed(name);
    const pairs = Object.entries(value);
    if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) throw this.#malformed(name);
    return Object.fromEntries(pairs);
  }
}
