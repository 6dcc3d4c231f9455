/** The page as it was built: its files on disk. */
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { systemCode } from '../../file-errors.ts';

/** Where the package has its page, seen from its sources and from what is built of them alike. */
export const ownPageFolder: string = resolve(import.meta.dirname, '../../../dist/web');

/** Every kind of file that the page has: nothing else in its folder is served. */
const types: Readonly<Record<string, string>> = {
  // Tables and fonts of pdf.js.
  '.bcmap': 'application/octet-stream',
  '.pfb': 'application/octet-stream',
  '.ttf': 'font/ttf',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** Compressed when the page was built, the smaller first. */
const CODINGS = [
  { coding: 'br', suffix: '.br' },
  { coding: 'gzip', suffix: '.gz' },
] as const;

/** What reading says of names that no file has. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

export interface PageFile {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export class BuiltPage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What every view of the page begins with; undefined when it is not built. */
  document(acceptEncoding: string | undefined): Promise<PageFile | undefined> {
    return this.#read('index.html', acceptEncoding);
  }

  icon(acceptEncoding: string | undefined): Promise<PageFile | undefined> {
    return this.#read('icon.svg', acceptEncoding);
  }

  /** @param name as it came in an address; undefined for whatever is none of the page's */
  async asset(name: string, acceptEncoding: string | undefined): Promise<PageFile | undefined> {
    // No separator, and no dot first: such a name leads nowhere but into the folder.
    if (!/^[\w-][\w.-]*$/.test(name)) return undefined;
    const file = await this.#read(join('assets', name), acceptEncoding);
    // The name has a hash of the content.
    return file && { ...file, headers: { ...file.headers, 'cache-control': 'public, max-age=31536000, immutable' } };
  }

  async #read(path: string, acceptEncoding = ''): Promise<PageFile | undefined> {
    const type = types[extname(path)];
    if (type === undefined) return undefined;
    const headers = { 'content-type': type, vary: 'accept-encoding' };
    for (const { coding, suffix } of CODINGS) {
      const bytes = takes(acceptEncoding, coding) ? await this.#bytes(path + suffix) : undefined;
      if (bytes !== undefined) return { bytes, headers: { ...headers, 'content-encoding': coding } };
    }
    const bytes = await this.#bytes(path);
    return bytes && { bytes, headers };
  }

  async #bytes(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#folder, path));
    } catch (error) {
      if (ABSENT.has(systemCode(error) ?? '')) return undefined;
      throw error;
    }
  }
}

/** RFC 9110, 12.5.3: a coding that is named, unless it is with a weight of 0. */
function takes(acceptEncoding: string, coding: string): boolean {
  return acceptEncoding.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
