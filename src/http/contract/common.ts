/** What the descriptions of routes are made of. */
import { z } from 'zod';

/** One answer of a route, as the document has it. */
export interface Answer {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

/** An answer whose content is one of these, by media type. */
export function answer(description: string, content: Readonly<Record<string, z.ZodType>>): Answer {
  const entries = Object.entries(content).map(([type, schema]) => [type, { schema }] as const);
  return { description, content: Object.fromEntries(entries) };
}

export function json(description: string, schema: z.ZodType): Answer {
  return answer(description, { 'application/json': schema });
}

/** An answer without content. */
export function nothing(description: string): z.ZodType {
  return z.null().describe(description);
}

/** Bytes: what they are is said by their media type. */
export const Binary: z.ZodType = z.string().meta({ format: 'binary' });

/** A time in an answer. */
export const Time: z.ZodType = z.string().meta({ format: 'date-time', description: 'ISO 8601, UTC' });

/** A time in a request: the vault says what is none. */
export const GivenTime: z.ZodType<string> = z.string().max(64).describe('ISO 8601');

/** Whatever text: the vault answers `not-found` for what names nothing. */
export const ById: z.ZodType<{ id: string }> = z.object({ id: z.string().describe('Its id') });

/** What a route says of itself when anyone may call it. */
export const PUBLIC: readonly [] = [];
