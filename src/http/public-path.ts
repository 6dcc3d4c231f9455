import type { Service } from './service.ts';

/** As browsers have it: a proxy in front may take away what the public address has before it. */
export function publicPath({ options: { publicUrl } }: Service, path: string): string {
  return `${publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')}${path}`;
}
