/** Share links, by way of a service. */
import type { LinkInfo, LinkRequest, Links, NewLink } from '../access/access.ts';
import { segment } from './address.ts';
import type { Requests } from './requests.ts';

/** A new link with the address that it leads by. */
export interface AddressedLink extends NewLink {
  readonly url: string;
}

/** `Links` of whoever knows the address of the service. */
export interface AddressedLinks extends Links {
  create(file: string, request: LinkRequest): Promise<AddressedLink>;
}

export function remoteLinks(requests: Requests, tenant: string | undefined): AddressedLinks {
  return {
    create: async (file, { expires, downloads, signal }) => {
      const path = `/v1/files/${segment(file)}/links`;
      return requests.change<AddressedLink>('POST', path, { json: { expires, downloads }, tenant, signal }, 'url');
    },
    list: async ({ file, signal } = {}) => {
      const options = { query: { file }, tenant, signal };
      const { links } = await requests.read<{ links: LinkInfo[] }>('/v1/links', options, 'links');
      return links;
    },
    revoke: async (id, { signal } = {}) => requests.remove(`/v1/links/${segment(id)}`, { tenant, signal }),
  };
}
