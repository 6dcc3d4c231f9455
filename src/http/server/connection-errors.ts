/** Answers what is no HTTP request, on the connection itself: there is no request to answer. */
import { STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { errorTable } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { PROBLEM_TYPE, problemOf } from '../errors.ts';

interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Where the table's status is not the right one for it. */
  readonly status?: number;
}

const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'timed-out', detail: 'the headers of the request took too long' },
  HPE_HEADER_OVERFLOW: { code: 'limit', detail: 'the headers of the request are too large', status: 431 },
};

const MALFORMED: Refusal = { code: 'usage', detail: 'this is no HTTP request' };

/** How long a client has to take the answer, in milliseconds. */
const LINGER = 1000;

/** Says what is wrong, and ends the connection. */
export class ConnectionErrors {
  /** What each connection is being answered, or was at last. */
  readonly #answers = new WeakMap<Socket, ServerResponse>();

  watch<S extends Server | SecureServer>(server: S): S {
    server.on('request', ({ socket }, answer) => void this.#answers.set(socket, answer));
    return server;
  }

  /** For Node's `clientError`. */
  readonly answer = (error: Error & { readonly code?: string }, socket: Socket): void => {
    // What still comes after it was answered is passed over, and fails again each time.
    if (socket.writableEnded) return;
    const begun = this.#answers.get(socket);
    // Whoever reset the connection hears nothing, and an answer that has begun must not look as if it went on.
    const unheard = error.code === 'ECONNRESET' || !socket.writable;
    if (unheard || (begun?.headersSent === true && !begun.writableFinished)) socket.destroy();
    else refuse(socket, refusals[error.code ?? ''] ?? MALFORMED);
  };
}

function refuse(socket: Socket, { code, detail, status = errorTable[code].status }: Refusal): void {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = JSON.stringify({ ...problemOf(code, detail, crypto.randomUUID()), status, title });
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Not at once: closing with bytes unread resets the connection, and the answer may be lost with it.
  setTimeout(() => socket.destroy(), LINGER).unref();
}
