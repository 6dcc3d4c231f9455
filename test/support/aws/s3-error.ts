import type { ServerResponse } from 'node:http';

/** Answers with an error, in the form in which S3 does. */
export function respondS3Error(
  response: ServerResponse,
  { status, code, message = 'told to' }: { readonly status: number; readonly code: string; readonly message?: string },
): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
}
