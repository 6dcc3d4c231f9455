/** Where links lead to, which a vault alone does not know. */
import { baseAddress, withoutSlash } from '../addresses.ts';
import type { Links } from '../access/access.ts';
import type { AddressedLinks } from '../client/links.ts';
import { usage } from './arguments.ts';
import { HintedError } from './hints.ts';

/** Links that are told with the address that they lead by. */
export function addressedLinks(links: Links, address: string): AddressedLinks {
  const base = checkedAddress(address);
  return {
    create: async (file, request) => {
      const link = await links.create(file, request);
      return { ...link, url: `${base}/s/${link.secret}` };
    },
    list: (options) => links.list(options),
    revoke: (id, options) => links.revoke(id, options),
  };
}

/** The same where nobody knows the address: none is made that nobody could use. */
export function unaddressedLinks(links: Links): AddressedLinks {
  return {
    create: () => Promise.reject(addressMissing()),
    list: (options) => links.list(options),
    revoke: (id, options) => links.revoke(id, options),
  };
}

/** @throws SealroomError `usage` */
function checkedAddress(address: string): string {
  const url = baseAddress(address);
  if (url === undefined) throw usage('--url is the address of the service, such as https://files.example.org');
  return withoutSlash(url);
}

function addressMissing(): HintedError {
  return new HintedError(
    'usage',
    'nobody knows the address of the service, where the link would lead to',
    '--url https://files.example.org names it, and so does http.publicUrl of the configuration',
  );
}
