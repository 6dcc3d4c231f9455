/**
 * What follows the `?` in specifications of keys and stores: `name=value`, joined by `&`. `%XX` stands for a byte where
 * a character would be taken for something else; any other `%` stands for itself.
 */
import { SealroomError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** Which of the two kinds of specification is read: it decides the code of errors. */
export type Faulty = Extract<ErrorCode, 'bad-key' | 'bad-configuration'>;

/** The text before the first `?`, decoded, and the parameters after it. */
export interface SpecParts {
  readonly main: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** @throws SealroomError on a parameter that is not known, or stands there twice */
export function parseSpecParts(
  text: string,
  { scheme, known, code }: { readonly scheme: string; readonly known: readonly string[]; readonly code: Faulty },
): SpecParts {
  const question = text.indexOf('?');
  const main = decodeSpecPart(question < 0 ? text : text.slice(0, question), code);
  const parameters = new Map<string, string>();
  const rest = question < 0 ? '' : text.slice(question + 1);
  for (const part of rest === '' ? [] : rest.split('&')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (!known.includes(name)) {
      const names = known.join(', ');
      throw new SealroomError(code, `${scheme}: takes no parameter ${JSON.stringify(name)}; it takes: ${names}`);
    }
    if (parameters.has(name)) throw new SealroomError(code, `${scheme}: takes "${name}" once`);
    parameters.set(name, decodeSpecPart(equals < 0 ? '' : part.slice(equals + 1), code));
  }
  return { main, parameters };
}

/** The shortest text that is read as these parts; parameters that are undefined are left out. */
export function formatSpecParts(main: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const texts = given.map(([name, value]) => `${name}=${encodeSpecPart(value ?? '')}`);
  return `${encodeSpecPart(main)}${texts.length > 0 ? `?${texts.join('&')}` : ''}`;
}

/** Spaces are encoded too, because they separate specifications in an environment variable. */
function encodeSpecPart(text: string): string {
  return text.replace(/[%?&\s\p{Cc}]/gu, (character) => encodeURIComponent(character));
}

function decodeSpecPart(text: string, code: Faulty): string {
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => decodeURIComponent(bytes));
  } catch {
    throw new SealroomError(code, 'the bytes that a specification gives as %XX are not UTF-8');
  }
}
