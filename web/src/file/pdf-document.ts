/** PDFs, by pdf.js: loaded when the first one is looked at. It reads the ranges that it needs, with the token. */
import { GlobalWorkerOptions, VerbosityLevel, getDocument } from 'pdfjs-dist';
import type { PDFDocumentLoadingTask } from 'pdfjs-dist';
// The build makes it: an asset of its own.
// oxlint-disable-next-line import/default
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import type { Session } from '../session/session.ts';
import { PdfAssets } from './pdf-assets.ts';

/** As many bytes as a frame of a file has, or a few frames. */
const RANGE: number = 256 * 1024;
/** Pixels of an image in a page; a larger one is left out. */
const LARGEST_IMAGE = 100_000_000;

export type { PDFDocumentProxy } from 'pdfjs-dist';

export function openPdf({ token, tenant }: Pick<Session, 'token' | 'tenant'>, id: string): PDFDocumentLoadingTask {
  GlobalWorkerOptions.workerSrc = workerAddress;
  return getDocument({
    url: `/v1/files/${encodeURIComponent(id)}/content`,
    httpHeaders: { authorization: `Bearer ${token}`, 'sealroom-tenant': tenant },
    rangeChunkSize: RANGE,
    // Only the pages that somebody looks at are read.
    disableAutoFetch: true,
    disableStream: true,
    // A form that is a document of its own, with scripts: not shown.
    enableXfa: false,
    maxImageSize: LARGEST_IMAGE,
    useWorkerFetch: false,
    BinaryDataFactory: PdfAssets,
    // What is odd in a document is no matter of the page.
    verbosity: VerbosityLevel.ERRORS,
  });
}
