/** `Idempotency-Key`: what makes a retry the same request, and what is running under a key. */
import type { IncomingHttpHeaders } from 'node:http';
import { SealroomError } from '../../errors.ts';
import type { FileFields } from './fields.ts';
import { formBoundary } from './form.ts';

const KEY = /^[\x20-\x7e]{1,255}$/;
/** A string as structured fields have it (RFC 9651, 3.3.3). */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/** @throws SealroomError `usage` */
export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const text = String(header);
  const key = text.startsWith('"') ? QUOTED.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') : text;
  if (key !== undefined && KEY.test(key)) return key;
  throw new SealroomError('usage', 'an Idempotency-Key is 1 to 255 printable characters of ASCII');
}

/** What is the same when a request is sent again, as one text. The bytes of the file are not read for it. */
export function fingerprintOf(request: {
  readonly method: string;
  /** As it is registered. */
  readonly route: string;
  /** What is said of the file, in the query, in headers, or in the fields of a form. */
  readonly fields: FileFields;
  readonly headers: IncomingHttpHeaders;
}): string {
  const { method, route, fields, headers } = request;
  return JSON.stringify([
    method,
    route,
    pairsOf(fields),
    // A client that sends a form again makes up another boundary for it.
    formBoundary(headers['content-type']) === undefined ? headers['content-type'] : 'multipart/form-data',
    headers['content-length'],
    headers['content-digest'],
    headers['repr-digest'],
  ]);
}

/** In one order, whichever they were given in. */
function pairsOf({ tags, metadata, context, ...single }: FileFields): unknown {
  return [single.name, single.type, single.expires, single.retainUntil, ...[tags, metadata, context].map(sorted)];
}

function sorted(pairs: Readonly<Record<string, string>>): unknown {
  return Object.entries(pairs).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Keys whose first request is still being answered. */
export class RunningKeys {
  readonly #running = new Set<string>();

  /**
   * Holds a key until it is disposed.
   *
   * @throws SealroomError `in-progress`
   */
  hold(tenant: string, key: string): Disposable {
    const held = JSON.stringify([tenant, key]);
    if (this.#running.has(held)) {
      throw new SealroomError('in-progress', 'a request with this Idempotency-Key is being answered: try again later');
    }
    this.#running.add(held);
    return { [Symbol.dispose]: () => void this.#running.delete(held) };
  }
}
