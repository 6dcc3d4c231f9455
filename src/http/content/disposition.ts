/** How a browser is to treat what others stored: as bytes to show or keep, never as a part of the service. */
import { create } from 'content-disposition';
import type { Stat } from '../../vault/files.ts';

/** What a browser shows without running anything in it. Not SVG, HTML, XML or PDF: those are documents with scripts. */
const SHOWN: ReadonlySet<string> = new Set([
  'text/plain',
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/ogg',
  'audio/opus',
  'audio/flac',
  'audio/wav',
  'audio/x-wav',
  'audio/webm',
  'video/mp4',
  'video/mpeg',
  'video/ogg',
  'video/quicktime',
  'video/webm',
]);

/**
 * The `Content-Security-Policy` of every answer that holds a file. Whoever may write could store a page that acts with
 * the rights of whoever opens it: the sandbox gives it an origin of its own, without scripts and forms, and it may load
 * nothing. Images and media of the service are let through for the page that a browser makes around a single one of
 * them, and so is that page's style.
 */
export const SANDBOX: string =
  "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** How a caller wants a file; `inline` holds only for types that are safe to show. */
export type Disposition = 'inline' | 'attachment';

/** The `Content-Disposition` of a file (RFC 6266). */
export function contentDisposition(
  { id, name, type }: Pick<Stat, 'id' | 'name' | 'type'>,
  wanted: Disposition,
): string {
  const mediaType = type.split(';', 1)[0]!.trim().toLowerCase();
  return create(baseName(name) ?? id, { type: SHOWN.has(mediaType) ? wanted : 'attachment' });
}

/** A name without its folders: whoever saves it is to choose the folder. Undefined where nothing is left of it. */
export function baseName(name: string): string | undefined {
  const last = name.split('/').findLast((part) => part !== '');
  return last === '.' || last === '..' ? undefined : last;
}
