/** What a client says of a file beside its bytes: in the query, in fields of a form, in headers. */
import { parse } from 'content-disposition';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fromUtf8 } from '../../bytes.ts';
import { SealroomError } from '../../errors.ts';

/**
 * The query, read strictly: text that is no UTF-8, and a name given twice, are refused and not mended.
 *
 * @param url what stands in the request line
 * @throws SealroomError `usage`
 */
export function queryOf(url: string): Map<string, string> {
  const query = new Map<string, string>();
  const start = url.indexOf('?');
  if (start === -1) return query;
  for (const pair of url.slice(start + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals));
    if (query.has(name)) throw new SealroomError('usage', 'a name in the query is given twice');
    query.set(name, equals === -1 ? '' : decoded(pair.slice(equals + 1)));
  }
  return query;
}

function decoded(text: string): string {
  try {
    // Bytes that should have been percent-encoded come as Latin-1, whatever they were.
    if (/^[\x21-\x7e]*$/.test(text)) return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Falls through: percent signs that begin no byte, or bytes that are no UTF-8.
  }
  throw new SealroomError('usage', 'the query is not percent-encoded UTF-8');
}

/** A hook before validation: what is validated is the query as it was sent, where Fastify's own reading mends it. */
export function readQueryStrictly(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  try {
    request.query = Object.fromEntries(queryOf(request.raw.url ?? ''));
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error('the query cannot be read', { cause: error }));
  }
}

/** What can be said of a file that is put. */
export interface FileFields {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, string>>;
  readonly expires: string | undefined;
  readonly retainUntil: string | undefined;
}

const SINGLE = new Set(['name', 'type', 'expires', 'retainUntil']);
const PAIR = /^(?:tag|metadata|context)\./;

/** Collects fields by their names: `name`, `type`, `expires`, `retainUntil`, `tag.K`, `metadata.K`, `context.K`. */
export class FieldCollector {
  readonly #fields = new Map<string, string>();

  /** @throws SealroomError `usage` for a name that is not one of these, or was given before */
  add(name: string, value: string): void {
    // The name is not repeated: it may be the name of a tag, and messages are logged.
    if (!SINGLE.has(name) && !PAIR.test(name)) {
      throw new SealroomError(
        'usage',
        'a field is one of name, type, expires, retainUntil, tag.NAME, metadata.NAME and context.NAME',
      );
    }
    if (this.#fields.has(name)) throw new SealroomError('usage', 'a field is given twice');
    this.#fields.set(name, value);
  }

  get fields(): FileFields {
    return {
      name: this.#fields.get('name'),
      type: this.#fields.get('type'),
      tags: this.#pairs('tag'),
      metadata: this.#pairs('metadata'),
      context: this.#pairs('context'),
      expires: this.#fields.get('expires'),
      retainUntil: this.#fields.get('retainUntil'),
    };
  }

  #pairs(kind: string): Record<string, string> {
    const prefix = `${kind}.`;
    const ofKind = [...this.#fields].filter(([name]) => name.startsWith(prefix));
    // fromEntries defines own properties, so a tag named __proto__ is a tag like any other.
    return Object.fromEntries(ofKind.map(([name, value]) => [name.slice(prefix.length), value]));
  }
}

/**
 * The name in a `Content-Disposition` header (RFC 6266): `filename*` before `filename`. It is a name and no path,
 * whatever stands in it.
 *
 * @throws SealroomError `usage` for text that cannot be read
 */
export function dispositionName(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const { parameters } = parse(headerText(header));
  // Left under this name by the parser when it does not decode.
  if (parameters['filename*'] !== undefined) throw unreadableName();
  return parameters['filename'];
}

/** Node gives the bytes of a header as Latin-1; clients that send more than ASCII mean UTF-8. */
function headerText(header: string): string {
  try {
    return fromUtf8(Buffer.from(header, 'latin1'));
  } catch {
    throw unreadableName();
  }
}

function unreadableName(): SealroomError {
  return new SealroomError(
    'usage',
    "the name in Content-Disposition is not UTF-8: RFC 8187 has it like filename*=UTF-8''NAME",
  );
}
