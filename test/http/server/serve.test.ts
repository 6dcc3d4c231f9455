/** `sealroom serve` as it is run. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { initVault } from '../../../src/compose/init.ts';
import { openVaultAt } from '../../../src/compose/open.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { patterned } from '../../../src/testing/test-bytes.ts';
import { selfSigned, writeCertificate } from '../../support/certificate.ts';
import { runCli } from '../../support/cli.ts';
import { filesOnDisk } from '../../support/disk-vault.ts';
import { serveCli } from '../../support/served.ts';
import type { Where } from '../../support/service.ts';
import { SlowUpload, download, upload } from '../../support/service.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const windows = process.platform === 'win32' ? 'Windows has no signals' : false;

describe('sealroom serve', { skip: windows, timeout: 120_000 }, () => {
  test('makes the vault and the first token when it is to, serves, ends at a signal, and makes neither again', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    const bytes = patterned(300_000);
    let token: string;
    let id: string;
    {
      await using served = await serveCli({ cwd, words: ['--init'] });
      ({ token } = served);
      assert.match(token, /^sr_[a-z2-7]{16}_/);
      assert.match(served.url, /^http:\/\/127\.0\.0\.1:\d+$/);
      ({ id } = await upload(served, 'a-secret-name', bytes));
      served.signal('SIGTERM');
      const { stdout, stderr, exit } = await served.result;
      assert.equal(exit, 0, stderr);
      assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['url', 'token']);
      const log = stderr.split('\n').filter((line) => line.startsWith('{'));
      const messages = log.map((line) => (JSON.parse(line) as { msg: string }).msg);
      assert.deepEqual(
        messages.filter((message) => message !== 'answered'),
        ['listening', 'stopping', 'stopped'],
      );
      assert.ok(!log.some((line) => line.includes('a-secret-name') || line.includes(token)));
    }
    await using served = await serveCli({ cwd, words: ['--init'], token });
    assert.ok((await download(served, id)).equals(bytes));
    served.signal('SIGINT');
    const { stdout, exit } = await served.result;
    assert.equal(exit, 0);
    assert.deepEqual(JSON.parse(stdout), { url: served.url });
  });

  test('makes no vault unless it is to', async () => {
    await using folder = await temporaryFolder();
    const { stderr, exit } = await runCli(['serve', '--port', '0'], { cwd: folder.path });
    assert.match(stderr, /no vault here: run sealroom init/);
    assert.equal(exit, 2);
    assert.deepEqual(readdirSync(folder.path), []);
  });

  test('refuses what would send tokens in the clear, and what is no port, proxy or pair of files', async () => {
    await using folder = await temporaryFolder();
    await initVault(join(folder.path, 'sealroom'));
    const refusals: readonly (readonly [words: string, said: RegExp])[] = [
      ['--host 0.0.0.0', /^sealroom: 0\.0\.0\.0: .* can be read on the way.*\nhint: --tls-cert .*--insecure-http/],
      ['--host ::', /^sealroom: ::: .*\nhint: /],
      ['--host 192.0.2.1 --trust-proxy', /^sealroom: 192\.0\.2\.1: .*\nhint: .*behind a proxy/],
      ['--host 127.0.0.1.example.org', /^sealroom: 127\.0\.0\.1\.example\.org: /],
      ['--tls-cert c.pem', /--tls-cert and --tls-key are given together/],
      ['--port 65536', /--port is a number up to 65535/],
      ['--trust-proxy proxy.example.org', /--trust-proxy takes addresses and ranges/],
    ];
    const results = await Promise.all(
      refusals.map(([words]) => runCli(['serve', ...words.split(' ')], { cwd: folder.path })),
    );
    for (const [i, { stdout, stderr, exit }] of results.entries()) {
      assert.match(stderr, refusals[i]![1]);
      assert.deepEqual([stdout, exit], ['', 2]);
    }
  });

  test('listens on any address where that is wanted', async () => {
    await using folder = await temporaryFolder();
    const words = ['--init', '--host', '0.0.0.0', '--insecure-http', '--quiet'];
    await using served = await serveCli({ cwd: folder.path, words, http: { shutdownDelay: 0 } });
    assert.match(served.url, /^http:\/\/localhost:\d+$/);
    assert.equal((await fetch(served.url.replace('localhost', '127.0.0.1') + '/healthz')).status, 200);
    served.signal('SIGHUP');
    const { stderr, exit } = await served.result;
    assert.deepEqual(
      stderr.split('\n').filter((line) => line.startsWith('{')),
      [],
      'quiet, it logs no requests',
    );
    assert.equal(exit, 0, 'without a certificate to renew, SIGHUP ends it');
  });

  test('reads its certificate again at SIGHUP, and keeps the old one where the new one cannot be used', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await writeCertificate(cwd, selfSigned('first'));
    const words = ['--init', '--tls-cert', 'cert.pem', '--tls-key', 'key.pem'];
    await using served = await serveCli({ cwd, words });
    const name = async (): Promise<unknown> => {
      const socket = connect({ port: Number(new URL(served.url).port), host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      return CN;
    };
    assert.equal(await name(), 'first');
    await writeFile(join(cwd, 'key.pem'), 'c2VjcmV0');
    const refused = served.logged('the old certificate stays in use');
    served.signal('SIGHUP');
    const { code, message } = await refused;
    assert.equal(code, 'bad-configuration');
    assert.match(String(message), /cert\.pem and .*key\.pem: they are no certificate/);
    assert.equal(await name(), 'first');
    await writeCertificate(cwd, selfSigned('second'));
    const taken = served.logged('certificate read again');
    served.signal('SIGHUP');
    await taken;
    assert.equal(await name(), 'second');
    served.signal('SIGTERM');
    const { stderr, exit } = await served.result;
    assert.equal(exit, 0);
    assert.ok(!stderr.includes('c2VjcmV0'));
  });

  test('ends at a second signal at once, whatever is under way', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await using served = await serveCli({ cwd, words: ['--init'], http: { shutdownGrace: 3600 } });
    const slow = await uploadUnderWay(served, cwd);
    const stopping = served.logged('stopping');
    served.signal('SIGTERM');
    await stopping;
    // Two that come together are taken for one.
    await sleep(500);
    served.signal('SIGTERM');
    assert.equal((await served.result).exit, 130);
    assert.equal(await slow.outcome, 'ECONNRESET');
  });

  test('takes signals that come together for one, as npm doubles them, and lets an upload finish', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await using served = await serveCli({ cwd, words: ['--init'], http: { shutdownGrace: 3600 } });
    const slow = await uploadUnderWay(served, cwd);
    const stopping = served.logged('stopping');
    served.signal('SIGINT');
    served.signal('SIGTERM');
    await stopping;
    slow.end();
    assert.equal(await slow.outcome, 201);
    assert.equal((await served.result).exit, 0);
  });

  test('that was killed during uploads serves every file that it said it had, and sweeps the rest', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    const stored = new Map<string, Uint8Array>();
    let token: string;
    {
      await using served = await serveCli({ cwd, words: ['--init'] });
      ({ token } = served);
      const uploading = Array.from({ length: 4 }, async (_, client) => {
        for (let i = 0; ; i++) {
          const bytes = patterned(100_000 + client * 50_000 + i);
          stored.set((await upload(served, `${client}-${i}`, bytes)).id, bytes);
        }
      });
      const hung = new SlowUpload(served, 'hung');
      hung.write(patterned(1024 * 1024));
      while (stored.size < 12) await sleep(5);
      served.signal('SIGKILL');
      await Promise.allSettled(uploading);
      assert.equal(await hung.outcome, 'ECONNRESET');
      await served.result;
    }
    await using served = await serveCli({ cwd, token });
    for (const [id, bytes] of stored) assert.ok((await download(served, id)).equals(bytes));
    served.signal('SIGTERM');
    assert.equal((await served.result).exit, 0);
    const vaultFolder = join(cwd, 'sealroom');
    await using opened = await openVaultAt(await loadConfig(vaultFolder, {}));
    await opened.vault.sweep({ grace: 0 });
    await opened.vault.sweep({ grace: 0 });
    const { files } = await opened.vault.tenant('default').list({ limit: 1000 });
    // One that was committed when the answer was cut off is there, too; nothing else is.
    assert.ok(files.length >= stored.size && files.length <= stored.size + 4);
    assert.equal((await filesOnDisk({ folder: vaultFolder })).length, files.length);
  });
});

/** An upload whose bytes have begun to reach the disk. */
async function uploadUnderWay(served: Where, cwd: string): Promise<SlowUpload> {
  const slow = new SlowUpload(served, 'slow');
  slow.write(patterned(1024 * 1024));
  while ((await filesOnDisk({ folder: join(cwd, 'sealroom') })).length === 0) await sleep(5);
  return slow;
}
