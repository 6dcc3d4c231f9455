/** What the page may load and do: what is its own, and nothing that is stored here. */

/** @param tokenEndpoint where the page may fetch a token of the identity provider, too */
export function pagePolicy(tokenEndpoint?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Previews that the page has made itself are blobs.
    "img-src 'self' blob: data:",
    "media-src 'self'",
    "font-src 'self'",
    `connect-src 'self'${tokenEndpoint === undefined ? '' : ` ${source(tokenEndpoint)}`}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * What a worker of the page may do: nothing but compute. That of pdf.js makes its decoders of scanned images of
 * WebAssembly, which it is given; it compiles no script.
 */
export const WORKER_POLICY: string =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** An address as a policy can name it: its query is not matched, and what ends a source is escaped. */
function source(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname.replaceAll(';', '%3B').replaceAll(',', '%2C');
}
