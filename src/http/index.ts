/** The service as a library: an app over a vault, to be embedded or listened with. */
export { createApp } from './app.ts';
export type { AppOptions } from './app.ts';
export { createLogger } from './observe/log.ts';
export type { HttpOptions } from './options.ts';
export { startServer } from './server/server.ts';
export type { RunningServer, ServerOptions } from './server/server.ts';
export { openAccess } from '../access/open.ts';
export type { Access, OpenAccessOptions } from '../access/open.ts';
export type { OidcOptions } from '../access/oidc.ts';
