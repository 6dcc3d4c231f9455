/** The headers of tus 1.0, by which uploads are taken up again: https://tus.io/protocols/resumable-upload */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SealroomError } from '../../errors.ts';

export const TUS_VERSION = '1.0.0';

/** What is offered beside the core of the protocol. */
export const TUS_EXTENSIONS = 'creation,creation-with-upload,creation-defer-length,termination,expiration';

/** The type of a body that is a piece of a file. */
export const PIECE_TYPE = 'application/offset+octet-stream';

/**
 * A hook before anything of the request is looked at: clients of another version speak another protocol.
 *
 * @throws SealroomError `precondition-failed`
 */
export function checkTusVersion(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  reply.header('tus-resumable', TUS_VERSION);
  if (request.headers['tus-resumable'] === TUS_VERSION) return done();
  reply.header('tus-version', TUS_VERSION);
  done(new SealroomError('precondition-failed', `uploads speak tus ${TUS_VERSION}: Tus-Resumable: ${TUS_VERSION}`));
}

/** @throws SealroomError `usage` */
export function uploadOffset(headers: IncomingHttpHeaders): number {
  const offset = wholeNumber(headers, 'upload-offset');
  if (offset === undefined) throw new SealroomError('usage', 'a piece says where it begins: Upload-Offset');
  return offset;
}

/**
 * How many bytes are announced; undefined where that is to come later.
 *
 * @throws SealroomError `usage`, `limit`
 */
export function announcedLength(headers: IncomingHttpHeaders, maxFileSize: number): number | undefined {
  const length = wholeNumber(headers, 'upload-length');
  if (length !== undefined && length > maxFileSize) {
    throw new SealroomError('limit', `a file has at most ${maxFileSize} bytes here`);
  }
  return length;
}

/** Of a request that begins an upload: it has a length, or says that it is to come. */
export function lengthOrDeferred(headers: IncomingHttpHeaders, maxFileSize: number): number | undefined {
  const length = announcedLength(headers, maxFileSize);
  const deferred = headers['upload-defer-length'];
  if ((length === undefined) !== (deferred === '1') || (deferred !== undefined && deferred !== '1')) {
    throw new SealroomError('usage', 'an upload has an Upload-Length, or Upload-Defer-Length: 1');
  }
  return length;
}

function wholeNumber(headers: IncomingHttpHeaders, name: string): number | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw new SealroomError('usage', `${name} is a number of bytes`);
  return value;
}
