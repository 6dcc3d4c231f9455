/** Clients that ask for much and read nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { keptBuffers } from '../../support/kept-memory.ts';
import { diskService } from './disk-service.ts';

const MIB = 1024 * 1024;
const SIZE = 100 * MIB;
const CLIENTS = 8;
/** What the system keeps of a connection within one machine, in both directions, at the very most. */
const SYSTEM_BUFFERS = 16 * MIB;
/** What the service keeps of a download. */
const OWN_BUFFERS = 2 * MIB;

async function* zeroes(): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = patterned(MIB);
  for (let sent = 0; sent < SIZE; sent += MIB) yield chunk;
}

test(
  'a client that reads nothing of a large file costs a few buffers, however large the file',
  { timeout: 60_000 },
  async () => {
    await using service = await diskService();
    const { id } = await service.vault.tenant('default').put(zeroes(), { name: 'large' });
    const before = await keptBuffers();
    const clients = Array.from({ length: CLIENTS }, () => connect(service.port, '127.0.0.1').pause());
    for (const client of clients) {
      await once(client, 'connect');
      const { authorization } = service.reader;
      client.write(`GET /v1/files/${id}/content HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`);
    }
    let seen = -1;
    while (service.blobs.opened < CLIENTS || service.blobs.read !== seen) {
      seen = service.blobs.read;
      await after(100);
    }
    assert.equal(service.blobs.open, CLIENTS);
    assert.ok(seen < CLIENTS * (SYSTEM_BUFFERS + OWN_BUFFERS), `${seen} bytes were read`);
    const grown = (await keptBuffers()) - before;
    assert.ok(grown < CLIENTS * OWN_BUFFERS, `memory grew by ${grown} bytes`);
    for (const client of clients) client.destroy();
    while (service.blobs.open > 0) await after(5);
  },
);
