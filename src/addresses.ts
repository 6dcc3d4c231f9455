/** Addresses of services: what is on this machine, and what can stand in front of a path. */

/** Only these are surely this machine: another name that leads to it today may lead elsewhere tomorrow. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/;

/** @param host as a URL has it, or a command line */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * An address by http or https that paths can be put behind: without user, password, query and fragment. Undefined for
 * whatever is none.
 */
export function baseAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain ? url : undefined;
}

/** What the addresses behind it begin with: it has no slash at its end. */
export function withoutSlash({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
