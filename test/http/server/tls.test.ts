import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { RunningServer } from '../../../src/http/server/server.ts';
import { rejection } from '../../../src/testing/rejects.ts';
import { selfSigned, writeCertificate } from '../../support/certificate.ts';
import { startService } from '../../support/service.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A service with a certificate, and where that is. */
async function secureService(t: TestContext): Promise<{ server: RunningServer; folder: string }> {
  const folder = await temporaryFolder();
  t.after(() => folder[Symbol.asyncDispose]());
  const tls = await writeCertificate(folder.path, selfSigned('first'));
  const service = await startService({ tls });
  t.after(() => service[Symbol.asyncDispose]());
  return { server: service.server, folder: folder.path };
}

interface Handshake {
  /** Whom the server's certificate names. */
  readonly name: string;
  readonly protocol: string | null;
  readonly cipher: string;
}

/** Agrees on keys with the server, and on nothing more. */
async function handshake({ address }: RunningServer, options: object = {}): Promise<Handshake> {
  const socket = connect({ port: address.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    const name = socket.getPeerCertificate().subject.CN;
    return { name: String(name), protocol: socket.getProtocol(), cipher: socket.getCipher().name };
  } finally {
    socket.destroy();
  }
}

describe('a server with a certificate', { timeout: 60_000 }, () => {
  test('answers by HTTPS to whoever trusts the certificate', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => folder[Symbol.asyncDispose]());
    const made = selfSigned();
    await using service = await startService({ tls: await writeCertificate(folder.path, made) });
    const { url } = service.server;
    assert.match(url, /^https:/);
    const sent = request(`${url}/healthz`, { ca: made.cert, agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await buffer(response);
    assert.equal(response.statusCode, 200);
    await assert.rejects(fetch(url.replace('https:', 'http:')));
  });

  test('speaks TLS 1.3 and 1.2 with forward secrecy, and nothing older or weaker', async (t) => {
    const { server } = await secureService(t);
    assert.equal((await handshake(server)).protocol, 'TLSv1.3');
    const older = await handshake(server, { maxVersion: 'TLSv1.2' });
    assert.equal(older.protocol, 'TLSv1.2');
    assert.match(older.cipher, /^ECDHE-.*(GCM|POLY1305)/);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await assert.rejects(handshake(server, old));
    await assert.rejects(handshake(server, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }));
  });

  test('takes a new certificate for new connections when it is told to', async (t) => {
    const { server, folder } = await secureService(t);
    assert.equal((await handshake(server)).name, 'first');
    await writeCertificate(folder, selfSigned('second'));
    assert.equal((await handshake(server)).name, 'first');
    await server.reloadTls();
    const renewed = await handshake(server, { maxVersion: 'TLSv1.2' });
    assert.equal(renewed.name, 'second');
    assert.match(renewed.cipher, /^ECDHE-.*(GCM|POLY1305)/);
    await assert.rejects(handshake(server, { maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  });

  test('keeps the old one when the new one cannot be used, and says which file without a byte of it', async (t) => {
    const { server, folder } = await secureService(t);
    const other = selfSigned('other');
    await writeFile(`${folder}/cert.pem`, other.cert);
    const apart = await rejection(server.reloadTls(), 'bad-configuration');
    assert.match(apart.message, /cert\.pem and .*key\.pem: they are no certificate with its private key/);
    await writeFile(`${folder}/key.pem`, 'c2VjcmV0');
    const broken = await rejection(server.reloadTls(), 'bad-configuration');
    assert.ok(!`${broken.message} ${String(broken.cause)}`.includes('c2VjcmV0'));
    assert.equal((await handshake(server)).name, 'first');
    await writeFile(`${folder}/key.pem`, other.key);
    await server.reloadTls();
    assert.equal((await handshake(server)).name, 'other');
  });

  test('does not start without one that can be used', async () => {
    await using folder = await temporaryFolder();
    const tls = await writeCertificate(folder.path, { ...selfSigned(), key: selfSigned().key });
    await rejection(startService({ tls }), 'bad-configuration');
    await rejection(startService({ tls: { ...tls, cert: `${folder.path}/none.pem` } }), 'not-found');
  });

  test('does not wait for a client that never agrees on keys when it is to end', async (t) => {
    const folder = await temporaryFolder();
    t.after(() => folder[Symbol.asyncDispose]());
    const tls = await writeCertificate(folder.path, selfSigned());
    await using service = await startService({ tls, shutdownGrace: 100 });
    const { connect: connectPlainly } = await import('node:net');
    const socket = connectPlainly(service.server.address.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.resume();
    const gone = once(socket, 'close');
    await service.server.close();
    await gone;
  });
});
