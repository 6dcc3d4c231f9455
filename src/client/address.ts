/** Where a service is, and what is said to it to be let in. */
import { baseAddress, isLoopback, withoutSlash } from '../addresses.ts';
import { SealroomError } from '../errors.ts';

/**
 * What the addresses of all requests begin with, without a slash at the end.
 *
 * @param options.insecureHttp takes http to other machines, too: whoever is on the way then reads the token and the files
 * @throws SealroomError `usage`; it never quotes the address, which may have a password in it
 */
export function serviceAddress(
  address: string | URL,
  options: { readonly insecureHttp?: boolean | undefined } = {},
): string {
  const url = baseAddress(String(address));
  if (url === undefined) {
    throw new SealroomError(
      'usage',
      'the address of a service is a URL such as https://files.example.org, with no user, password, query or fragment',
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && options.insecureHttp !== true) {
    throw new SealroomError(
      'usage',
      `${url.origin}: plain http to another machine would show the token and the files to whoever is on the way; use https`,
    );
  }
  return withoutSlash(url);
}

/**
 * The value of `Authorization`.
 *
 * @throws SealroomError `usage`, without the token: the error of `fetch` for such a header would quote it
 */
export function authorization(token: string): string {
  // RFC 6750, 2.1: b64token.
  if (typeof token !== 'string' || !/^[A-Za-z0-9\-._~+/]+=*$/.test(token)) {
    throw new SealroomError('usage', 'this is no token: it is empty, or has characters that no token has');
  }
  return `Bearer ${token}`;
}

/**
 * One segment of a path, for an id.
 *
 * @throws SealroomError `not-found` for what would name another path: no thing has such an id
 */
export function segment(id: string): string {
  // `.` and `..` are taken out of every URL, however they are written; nothing at all would name the collection.
  if (/^\.{0,2}$/.test(id) || !id.isWellFormed()) {
    throw new SealroomError('not-found', `there is none with the id ${JSON.stringify(id)}`);
  }
  return encodeURIComponent(id);
}
