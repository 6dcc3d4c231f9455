/** Where a service is, and what is said to it to be let in. */
import { SealroomError } from '../errors.ts';

/** Only these are surely this machine: a name that resolves to it today may be another's tomorrow. */
const LOOPBACK = /^(?:localhost|(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

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
  const url = URL.parse(String(address));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new SealroomError('usage', 'the address of a service is a URL such as https://files.example.org');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new SealroomError('usage', 'the address of a service has no user, no password, no query and no fragment');
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && options.insecureHttp !== true) {
    throw new SealroomError(
      'usage',
      `${url.origin}: plain http to another machine would show the token and the files to whoever is on the way; use https`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
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
