/** The client of a service, for browsers and Node: a vault as it is elsewhere, by HTTP. */
export { connect } from './connect.ts';
export type { Client, ConnectOptions } from './connect.ts';
export type { RemoteFiles } from './files.ts';
export type { AddressedLink, AddressedLinks } from './links.ts';
export type { RemoteTokens } from './tokens.ts';
export type { RemotePutOptions } from './put.ts';
export type { BegunUpload } from './resumable.ts';
export type { Rereadable, Source } from './source.ts';
export type { OnProgress } from './upload.ts';
export { SealroomError, errorTable, isSealroomError } from '../errors.ts';
export type { ErrorCode } from '../errors.ts';
