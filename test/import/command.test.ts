/** `sealroom import` in processes of its own. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { collect, utf8 } from '../../src/bytes.ts';
import { initVault } from '../../src/compose/init.ts';
import { openVaultAt } from '../../src/compose/open.ts';
import { loadConfig } from '../../src/config/config.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { leftOut, moto } from '../support/aws/servers.ts';
import { runCli, startCli } from '../support/cli.ts';
import type { CliResult } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DemoApplication } from './demo-application.ts';
import { serveLargeObject } from './large-object.ts';
import { Originals } from './originals.ts';

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };

/** What the SDK reads in a process: everything is at one endpoint, but for KMS where another is given. */
function environment(endpoint: string, kms: string = endpoint): Record<string, string> {
  return { ...CREDENTIALS, AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_KMS: kms, NO_COLOR: '1' };
}

async function withFiles<T>(folder: string, use: (files: Files) => Promise<T>): Promise<T> {
  await using opened = await openVaultAt(await loadConfig(join(folder, 'sealroom'), {}));
  return await use(opened.vault.tenant('default'));
}

/** Ids and names without what changes from run to run. */
function shown({ stdout }: CliResult, bucket: string): string {
  return stdout
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'.padEnd(36))
    .replaceAll(bucket, 'BUCKET');
}

interface Report {
  readonly objects: readonly { readonly source: string; readonly outcome: string; readonly id: string | null }[];
  readonly imported: number;
  readonly present: number;
  readonly failed: number;
}

describe('sealroom import', () => {
  test('reports what it imported, what was there, and what failed, and exits with the first code', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    const { bucket } = originals.store;
    await initVault(join(cwd, 'sealroom'));
    await originals.put('in/a.txt', 'A');
    await originals.put('in/b.txt', patterned(2048));
    const env = environment(server.endpoint);
    const planned = await runCli(['import', `s3://${bucket}/in/`, '--dry-run'], { cwd, env });
    assert.equal(
      shown(planned, bucket),
      `planned   ${' '.repeat(36)}       1 B  s3://BUCKET/in/a.txt\n` +
        `planned   ${' '.repeat(36)}   2.0 KiB  s3://BUCKET/in/b.txt\n` +
        '0 imported, 0 present, 2 planned, 0 skipped, 0 failed\n',
    );
    const first = await runCli(['import', `s3://${bucket}/in/a`], { cwd, env });
    assert.deepEqual([first.stderr, first.exit], ['', 0]);
    writeFileSync(join(cwd, 'list'), `in/a.txt\nin/missing\ns3://${bucket}/in/b.txt\n`);
    const second = await runCli(['import', `s3://${bucket}`, '--list', 'list', '--parallel', '1'], { cwd, env });
    assert.equal(
      shown(second, bucket),
      `present   ${'ID'.padEnd(36)}       1 B  s3://BUCKET/in/a.txt\n` +
        `failed    ${'not-found'.padEnd(36)}            in/missing\n` +
        `imported  ${'ID'.padEnd(36)}   2.0 KiB  s3://BUCKET/in/b.txt\n` +
        '1 imported, 1 present, 0 skipped, 1 failed\n',
    );
    assert.equal(second.stderr, `sealroom: s3://${bucket}/in/missing: it is not there\n`);
    assert.equal(second.exit, 3);
    const names = await withFiles(cwd, async (files) => (await files.list()).files.map(({ name }) => name));
    assert.deepEqual(names.sort(), ['in/a.txt', 'in/b.txt']);
  });

  test('gives one document with --json, takes a list from stdin, and says that versions are kept', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await initVault(join(cwd, 'sealroom'));
    await originals.keepVersions();
    await originals.put('a', 'A');
    const env = environment(server.endpoint);
    const { bucket } = originals.store;
    const words = ['import', `s3://${bucket}`, '--list', '-', '--remove', '--json', '--path-style'];
    const running = startCli(words, { cwd, env });
    running.process.stdin!.end('a\nmissing\n');
    const { stdout, stderr, exit } = await running.result;
    const report = JSON.parse(stdout) as Report;
    const imported = report.objects.find(({ outcome }) => outcome === 'imported')!;

    assert.deepEqual(imported, {
      source: `s3://${bucket}/a`,
      outcome: 'imported',
      id: imported.id,
      size: 1,
      removed: true,
      reason: null,
      error: null,
    });
    const { objects: _, ...counts } = report;
    assert.deepEqual(counts, { imported: 1, present: 0, planned: 0, skipped: 0, failed: 1, removed: 1 });
    const [error, note] = stderr.trimEnd().split('\n');
    assert.equal((JSON.parse(error!) as { code: string }).code, 'not-found');
    assert.match(note!, /keeps versions/);
    assert.equal(exit, 3);
    const empty = await runCli(['import', `s3://${bucket}/nothing`, '--json'], { cwd, env });
    assert.equal((JSON.parse(empty.stdout) as Report).objects.length, 0);
    assert.equal(empty.exit, 0);
  });

  test('goes through a service as well, and removes what it has read back from there', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using folder = await temporaryFolder();
    await using service = await startService();
    for (const key of ['a/ü.txt', 'a/b']) await originals.put(key, `bytes of ${key}`, { Metadata: { owner: 'me' } });
    const env = {
      ...environment(server.endpoint),
      SEALROOM_URL: service.server.url,
      SEALROOM_TOKEN: service.token,
    };
    const words = ['import', `s3://${originals.store.bucket}`, '--json'];
    const runs = [words, words, [...words, '--remove']];
    const counts: unknown[] = [];
    for (const run of runs) {
      const { stdout, stderr } = await runCli(run, { cwd: folder.path, env });
      const { objects: _, ...numbers } = JSON.parse(stdout) as Report & { readonly removed: number };
      counts.push([numbers.imported, numbers.present, numbers.removed, stderr]);
    }
    assert.deepEqual(counts, [
      [2, 0, 0, ''],
      [0, 2, 0, ''],
      [0, 2, 2, ''],
    ]);
    assert.deepEqual(await originals.store.keys(), []);
  });

  test('killed at any moment and run again has everything once', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await initVault(join(cwd, 'sealroom'));
    const keys = Array.from({ length: 24 }, (_, i) => `${String(i).padStart(2, '0')}.bin`);
    const bytesOf = (key: string): Uint8Array => patterned(150_000, Number(key.slice(0, 2)));
    await Promise.all(keys.map((key) => originals.put(key, bytesOf(key))));
    await using proxy = await FaultyProxy.start(server.endpoint);
    const env = environment(proxy.endpoint);
    const words = ['import', `s3://${originals.store.bucket}`, '--json', '--parallel', '3'];
    let stored = 0;
    for (let round = 0; round < 4; round++) {
      const running = startCli(words, { cwd, env });
      // In the middle of the fifth object that this run reads, while two others are anywhere.
      const begun = Promise.withResolvers<void>();
      let reads = 0;
      proxy.fault = ({ operation }) => {
        if (operation !== 'GetObject' || ++reads !== 5 + round) return undefined;
        begun.resolve();
        return { kind: 'stall', milliseconds: 60_000, answered: 70_000 };
      };
      await begun.promise;
      running.process.kill('SIGKILL');
      await running.result;
      const { length } = await withFiles(cwd, async (files) => (await files.list()).files);
      assert.ok(length > stored && length < keys.length, `${length} files after ${stored}`);
      stored = length;
    }
    proxy.fault = undefined;
    const { stdout, exit } = await runCli(words, { cwd, env });
    const { imported, present, failed } = JSON.parse(stdout) as Report;
    assert.deepEqual([imported, present, failed, exit], [keys.length - stored, stored, 0, 0]);
    await withFiles(cwd, async (files) => {
      const stats = (await files.list()).files;
      assert.deepEqual(stats.map(({ name }) => name).sort(), keys);
      for (const { id, name } of stats) assert.deepEqual(await collect((await files.get(id)).body), bytesOf(name));
    });
  });

  test('needs no more memory for a large object', { skip: process.platform !== 'linux' }, async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await initVault(join(cwd, 'sealroom'));
    const size = 256 * 1024 * 1024;
    let peak = 0;
    await using large = await serveLargeObject({
      size,
      onSent: () => {
        const status = readFileSync(`/proc/${running.process.pid}/status`, 'latin1');
        peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
      },
    });
    const running = startCli(['import', 's3://bucket', '--json'], { cwd, env: environment(large.endpoint) });
    running.process.stdin!.end();
    const { stdout, stderr } = await running.result;
    assert.equal((JSON.parse(stdout) as Report).imported, 1, stderr);
    assert.ok(peak > 0 && peak < 220, `${peak} MiB`);
  });

  test('refuses what it cannot do anything with', async () => {
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await initVault(join(cwd, 'sealroom'));
    const env = environment('http://127.0.0.1:9');
    for (const [words, code] of [
      [['import'], 2],
      [['import', 'bucket'], 2],
      [['import', 's3://bucket', '--parallel', '0'], 2],
      [['import', 's3://bucket', '--parallel', '65'], 2],
      [['import', 's3://bucket', '--list', 'missing'], 3],
      [['import', 's3://bucket', '--list', 'sealroom/catalog.db'], 2],
      [['import', 'demo', '--bucket', 'bucket'], 2],
      [['import', 'demo', '--bucket', 'bucket', '--table', 'table', '--tags'], 2],
      [['import', 's3://bucket', '--pick', 'id'], 2],
      [['import', 's3://bucket', '--tenant', 'nobody'], 3],
    ] as const) {
      const { exit, stderr } = await runCli(words, { cwd, env });
      assert.equal(exit, code, `${words.join(' ')}: ${stderr}`);
    }
  });
});

describe('sealroom import demo', () => {
  test('imports, reports, and removes only what is known or confirmed by its id', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await using folder = await temporaryFolder();
    const cwd = folder.path;
    await initVault(join(cwd, 'sealroom'));
    const { bucket } = demo.originals.store;
    await demo.upload('a.gif', utf8('GIF89a and so on'), 'a');
    await demo.upload('b.txt', utf8('text'), 'b');
    await demo.upload('c.txt', utf8('more text'), 'c');
    await demo.upload('twice', utf8('old'), 'old');
    await demo.upload('twice', utf8('%PDF-1.7 new'), 'new');
    const env = environment(server.endpoint, demo.kms.endpoint);
    const from = ['import', 'demo', '--bucket', bucket, '--table', demo.table];
    const first = await runCli([...from, '--remove', '--confirm', 'b', '--json'], { cwd, env });
    const { objects } = JSON.parse(first.stdout) as Report;
    const about = Object.fromEntries(
      objects.map(({ id, ...object }) => {
        const { item, outcome, kind, removed, reason, error } = object as unknown as Record<string, unknown>;
        assert.equal(typeof id, error === null ? 'string' : 'object');
        return [item, [outcome, kind, removed, reason, (error as { code: string } | null)?.code]];
      }),
    );
    assert.deepEqual(about, {
      a: ['imported', 'GIF', true, null, undefined],
      b: ['imported', null, true, null, undefined],
      c: ['imported', null, false, 'unconfirmed', undefined],
      old: ['failed', null, false, null, 'conflict'],
      new: ['failed', null, false, null, 'conflict'],
    });
    assert.equal(first.exit, 5);
    assert.deepEqual(await demo.items(), ['c', 'new', 'old']);
    const second = await runCli([...from, '--pick', 'new'], { cwd, env });
    const lines = shown(second, bucket).replaceAll(demo.table, 'TABLE').trimEnd().split('\n').sort();
    assert.deepEqual(lines, [
      '1 imported, 1 present, 1 skipped, 0 failed',
      `imported  ${'ID'.padEnd(36)}      12 B  s3://BUCKET/twice (item new), PDF`,
      `present   ${'ID'.padEnd(36)}       9 B  s3://BUCKET/c.txt (item c)`,
      `skipped   ${'not picked'.padEnd(36)}            s3://BUCKET/twice (item old)`,
    ]);
    assert.deepEqual([second.stderr, second.exit], ['', 0]);
    await withFiles(cwd, async (files) => {
      const { files: stats } = await files.list();
      assert.deepEqual(stats.map(({ name, type }) => `${name} ${type}`).sort(), [
        'a.gif image/gif',
        'b.txt text/plain',
        'c.txt text/plain',
        'twice application/pdf',
      ]);
    });
  });
});
