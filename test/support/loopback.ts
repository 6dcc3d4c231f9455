/** Servers of tests, on this machine alone. */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

/** The port of a server that listens, which takes a free one first if it does not. */
export async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** The address of a server, as `portOf` has its port. */
export async function endpointOf(server: Server): Promise<string> {
  return `http://127.0.0.1:${await portOf(server)}`;
}

/** Closes a server and all its connections. */
export async function closeAtOnce(server: HttpServer): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
