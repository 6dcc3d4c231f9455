import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { collect, concat, utf8 } from '../../src/bytes.ts';
import { connect } from '../../src/client/index.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import { openBucket } from '../../src/import/bucket.ts';
import type { ImportResult } from '../../src/import/result.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { REGION, ceph, leftOut, moto } from '../support/aws/servers.ts';
import { closeAtOnce, endpointOf } from '../support/loopback.ts';
import { startService } from '../support/service.ts';
import { Originals, listOf, outcomes } from './originals.ts';

const MIB = 1024 * 1024;

describe('importing objects', () => {
  test('seals what a prefix holds, under its keys, with types and metadata', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.put('photos/a.png', 'A', { Metadata: { owner: 'me' }, ContentType: 'application/octet-stream' });
    await originals.put('photos/b.bin', 'B', { ContentType: 'text/x-mine', ContentEncoding: 'gzip' });
    await originals.put('photos/none', 'C');
    await originals.put('photos-2/d', 'D');
    await originals.put('other', 'E');
    assert.deepEqual(outcomes(await originals.import({ prefix: 'photos/' })), {
      'photos/a.png': 'imported',
      'photos/b.bin': 'imported',
      'photos/none': 'imported',
    });
    const a = await originals.file('photos/a.png');
    assert.deepEqual(a.bytes, utf8('A'));
    assert.equal(a.stat.type, 'image/png');
    assert.equal(a.stat.metadata['owner'], 'me');
    assert.equal(a.stat.metadata['import:source'], originals.address('photos/a.png'));
    assert.match(a.stat.metadata['import:modified']!, /^\d{4}-.*Z$/);
    const b = await originals.file('photos/b.bin');
    assert.equal(b.stat.type, 'text/x-mine');
    assert.equal(b.stat.metadata['import:content-encoding'], 'gzip');
    assert.equal((await originals.file('photos/none')).stat.type, 'application/octet-stream');
    assert.equal((await originals.all()).length, 3);
    assert.equal((await originals.store.keys()).length, 5);
  });

  test('leaves the prefix out of names up to its last slash, and takes tags over, when asked', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.put('in/2026-01.csv', 'A', { Tagging: 'team=red&empty=' });
    await originals.import({ prefix: 'in/2026', stripPrefix: true, tags: true });
    const { stat } = await originals.file('2026-01.csv');
    assert.deepEqual({ ...stat.tags }, { team: 'red', empty: '' });
  });

  test('takes keys of all kinds, objects without bytes and objects of several parts', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    const odd = ['two words', 'a+b', '100%', 'a%2Fb', 'ü/😀', '?#&=;', '"quoted"', '/lead//twice', '../up', 'u\u2028v'];
    for (const key of odd) await originals.put(key, `bytes of ${key}`);
    await originals.put('empty', '');
    await originals.put('folder/', '');
    const parts = [patterned(5 * MIB, 1), patterned(5 * MIB, 2), patterned(12_345, 3)];
    await putInParts(originals, 'large', parts);
    const results = outcomes(await originals.import());
    assert.equal(results['folder/'], 'skipped folder');
    for (const key of [...odd, 'empty', 'large']) assert.equal(results[key], 'imported', key);
    for (const key of odd) assert.deepEqual((await originals.file(key)).bytes, utf8(`bytes of ${key}`));
    assert.equal((await originals.file('empty')).bytes.length, 0);
    const { bytes } = await originals.file('large');
    assert.ok(Buffer.from(bytes).equals(concat(parts)));
    assert.deepEqual(
      new Set(Object.values(outcomes(await originals.import()))),
      new Set(['present', 'skipped folder']),
    );
    assert.equal((await originals.all()).length, odd.length + 2);
  });

  test('takes keys that XML cannot hold, and removes what it took, from a store that checks signatures', async (t) => {
    const server = await ceph();
    if (leftOut(t, server, "Ceph's radosgw")) return;
    await using originals = await Originals.make(server);
    const keys = ['control\x01\nx', 'a+b c%20', '/lead//twice', 'ü/😀', '?#&=;'];
    for (const key of keys) await originals.put(key, `bytes of ${key}`);
    const results = await originals.import({ remove: true });
    assert.deepEqual(outcomes(results), Object.fromEntries(keys.map((key) => [key, 'imported'])));
    assert.deepEqual((await originals.file('control%01%0Ax')).bytes, utf8(`bytes of ${keys[0]}`));
    assert.deepEqual(await originals.store.keys(), []);
  });

  test('stores nothing twice, whatever was stored when; but what was changed since, it does', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['a', 'b', 'c']) await originals.put(key, key);
    const first = await originals.import({ prefix: 'a' });
    const [later, beside] = await Promise.all([originals.import(), originals.import()]);
    assert.deepEqual(outcomes(await originals.import()), { a: 'present', b: 'present', c: 'present' });
    // Two runs at once had the same files, whichever of them stored each.
    assert.deepEqual(
      later.map(({ id }) => id),
      beside.map(({ id }) => id),
    );
    assert.equal(first[0]!.id, later[0]!.id);
    assert.equal((await originals.all()).length, 3);
    await originals.put('a', 'another');
    assert.deepEqual(outcomes(await originals.import()), { a: 'imported', b: 'present', c: 'present' });
    assert.equal((await originals.all()).length, 4);
  });

  test('stores nothing twice however much later, when no idempotency key is remembered any more', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    let later = 0;
    await using originals = await Originals.make(server, { now: () => Date.now() + later });
    await originals.put('a', 'A');
    await originals.import();
    later = 1000 * 24 * 60 * 60 * 1000;
    assert.deepEqual(outcomes(await originals.import()), { a: 'present' });
    assert.equal((await originals.all()).length, 1);
  });

  test('stores again what was removed from the vault, however often', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.put('a', 'A');
    for (let i = 0; i < 3; i++) {
      const [result] = await originals.import();
      assert.equal(result!.outcome, 'imported');
      await originals.files.remove(result!.id!);
    }
    assert.deepEqual(outcomes(await originals.import()), { a: 'imported' });
  });

  test('stores again what was removed through a service, which says so when it has taken the bytes', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using service = await startService();
    const files = connect({ url: service.server.url, token: service.token }).tenant('default');
    const bytes = patterned(3 * MIB);
    await originals.put('a', bytes);
    for (let i = 0; i < 3; i++) {
      const [result] = await originals.import({ files });
      assert.equal(result!.outcome, 'imported', String(result!.error));
      assert.ok(Buffer.from(await collect((await files.get(result!.id!)).body)).equals(bytes));
      await files.remove(result!.id!);
    }
  });

  test('takes a list of keys and addresses, and says which of them are none', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['x/a', 'x/b', 'x/c', 'y']) await originals.put(key, key);
    const given = ['x/a', originals.address('x/b'), 'x/a', originals.address('x/a')];
    const list = listOf(...given, 'x/missing', 'y', 's3://elsewhere/x/c', 's3:/oops');
    assert.deepEqual(outcomes(await originals.import({ prefix: 'x/', list, dryRun: true })), {
      'x/a': 'planned',
      'x/b': 'planned',
      'x/missing': 'failed not-found',
      y: 'failed usage',
      'x/c': 'failed usage',
      's3:/oops': 'failed usage',
    });
    assert.equal((await originals.all()).length, 0);
    // Of two at once, one would find the object removed.
    const twice = listOf('x/a', originals.address('x/a'));
    const results = await originals.import({ list: twice, remove: true });
    assert.deepEqual(
      results.map(({ outcome, removed }) => [outcome, removed]),
      [['imported', true]],
    );
    assert.deepEqual(outcomes(await originals.import({ list: listOf(originals.address('')), dryRun: true })), {
      '': 'failed usage',
    });
  });

  test('goes on after an object that cannot be read, and one that was changed since it was listed', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['a', 'b', 'c', 'd']) await originals.put(key, key);
    await using proxy = await FaultyProxy.start(server.endpoint);
    let changing: Promise<void> | undefined;
    proxy.fault = ({ operation, path }) => {
      if (operation === 'ListObjectsV2' || !path.includes('/b')) return undefined;
      return { kind: 'refuse', status: 403, code: 'AccessDenied' };
    };
    const changed: Files = {
      ...originals.files,
      // By then everything was listed.
      put: async (bytes, options) => {
        await (changing ??= originals.put('d', 'D'));
        return originals.files.put(bytes, options);
      },
    };
    const results = await originals.import({ endpoint: proxy.endpoint, files: changed, parallel: 1 });
    assert.deepEqual(outcomes(results), {
      a: 'imported',
      b: 'failed access-denied',
      c: 'imported',
      d: 'failed conflict',
    });
    assert.deepEqual(outcomes(await originals.import()), { a: 'present', b: 'imported', c: 'present', d: 'imported' });
    assert.deepEqual((await originals.file('d')).bytes, utf8('D'));
  });

  test('reads on where a connection broke, and gives up one that breaks again and again', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    const bytes = patterned(3 * MIB);
    await originals.put('large', bytes);
    await using proxy = await FaultyProxy.start(server.endpoint);
    let cuts = 0;
    proxy.fault = ({ operation }) =>
      operation === 'GetObject' && cuts++ < 2 ? { kind: 'cut-answer', bytes: 1_000_000 } : undefined;
    assert.deepEqual(outcomes(await originals.import({ endpoint: proxy.endpoint })), { large: 'imported' });
    assert.ok(Buffer.from((await originals.file('large')).bytes).equals(bytes));
    assert.equal(proxy.count('GetObject'), 3);
    await originals.put('always', bytes);
    proxy.fault = ({ operation }) => (operation === 'GetObject' ? { kind: 'cut-answer', bytes: 1000 } : undefined);
    const results = await originals.import({ endpoint: proxy.endpoint, prefix: 'always' });
    assert.deepEqual(outcomes(results), { always: 'failed unavailable' });
    assert.ok(proxy.count('GetObject') < 20);
    assert.equal((await originals.all()).length, 1);
  });

  test('fails clearly when an object is changed while it is read', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.put('large', patterned(2 * MIB));
    await using proxy = await FaultyProxy.start(server.endpoint);
    let cuts = 0;
    proxy.fault = ({ operation }) =>
      operation === 'GetObject' && cuts++ === 0 ? { kind: 'cut-answer', bytes: 100_000 } : undefined;
    const overwritten: Files = {
      ...originals.files,
      put: async (bytes, options) => {
        await originals.put('large', patterned(2 * MIB, 9));
        return originals.files.put(bytes, options);
      },
    };
    const results = await originals.import({ endpoint: proxy.endpoint, files: overwritten });
    assert.deepEqual(outcomes(results), { large: 'failed conflict' });
    assert.equal((await originals.all()).length, 0);
  });

  test('never has more objects under way than asked for', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (let i = 0; i < 9; i++) await originals.put(`${i}`, `${i}`);
    let running = 0;
    let most = 0;
    const files: Files = {
      ...originals.files,
      put: async (bytes, options) => {
        most = Math.max(most, ++running);
        try {
          return await originals.files.put(bytes, options);
        } finally {
          running--;
        }
      },
    };
    await originals.import({ files, parallel: 3 });
    assert.ok(most <= 3 && most > 1, `${most} at once`);
    assert.equal((await originals.all()).length, 9);
  });

  test('stops when it is cancelled, and lists nothing more', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (let i = 0; i < 6; i++) await originals.put(`${i}`, `${i}`);
    const controller = new AbortController();
    const running = originals.import({
      parallel: 1,
      signal: controller.signal,
      onResult: () => controller.abort(),
    });
    await assert.rejects(running, (error) => isSealroomError(error, 'cancelled'));
    assert.equal((await originals.all()).length, 1);
  });

  test('takes no blob of a vault for an original, unless a list names it', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    const blob = `vault/${'abcdefgh'.repeat(4)}`;
    await originals.put(blob, 'sealed');
    assert.deepEqual(outcomes(await originals.import({ remove: true })), { [blob]: 'skipped blob of a vault' });
    assert.deepEqual(await originals.store.keys(), [blob]);
    assert.deepEqual(outcomes(await originals.import({ list: listOf(blob) })), { [blob]: 'imported' });
  });

  test('fails where a store does not say how its listing goes on: a part would look like all of it', async () => {
    await using scope = new AsyncDisposableStack();
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/xml');
      const object = '<Contents><Key>a</Key><ETag>"1"</ETag><Size>1</Size></Contents>';
      response.end(`<ListBucketResult><IsTruncated>true</IsTruncated>${object}</ListBucketResult>`);
    });
    scope.defer(() => closeAtOnce(server));
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = { endpoint: await endpointOf(server), region: REGION, credentials };
    using bucket = openBucket({ bucket: 'any', pathStyle: true, client });
    const keys: string[] = [];
    const listing = async (): Promise<void> => {
      for await (const { key } of bucket.list('')) keys.push(key);
    };
    await assert.rejects(listing(), (error) => isSealroomError(error, 'unexpected'));
    assert.deepEqual(keys, ['a']);
  });

  test('says which bucket is not there', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await assert.rejects(
      originals.import({ bucketName: 'sealroom-test-nobody-has-this' }),
      (error) => isSealroomError(error, 'bad-configuration') && error.message.includes('nobody-has-this'),
    );
  });
});

describe('removing originals', () => {
  test('removes what was read back and compared, now or in an earlier run, and nothing in a dry run', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['a', 'b']) await originals.put(key, key);
    await originals.import({ prefix: 'a' });
    await originals.import({ remove: true, dryRun: true });
    assert.deepEqual(await originals.store.keys(), ['a', 'b']);
    const results = await originals.import({ remove: true });
    assert.deepEqual(
      results.map(({ outcome, removed, versionKept }) => [outcome, removed, versionKept]),
      [
        ['present', true, false],
        ['imported', true, false],
      ],
    );
    assert.deepEqual(await originals.store.keys(), []);
    assert.deepEqual((await originals.file('b')).bytes, utf8('b'));
  });

  test('keeps an original whose copy reads otherwise, does not open, or is another one', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['a', 'b']) await originals.put(key, key);
    const { id: other } = await originals.files.put(utf8('something else'), { name: 'other' });
    const strange: Files = {
      ...originals.files,
      get: async (id, options) => {
        const { name } = await originals.files.stat(id);
        if (name === 'a') return originals.files.get(other, options);
        throw new SealroomError('damaged', 'a frame does not open');
      },
    };
    const results = await originals.import({ remove: true, files: strange });
    assert.deepEqual(outcomes(results), { a: 'failed damaged', b: 'failed damaged' });
    assert.ok(results.every(({ id, removed }) => id !== undefined && removed === undefined));
    // A file that somebody marked as if it came from there.
    await originals.put('c', 'C');
    const marks = (await originals.file('a')).stat.metadata;
    await originals.files.put(utf8('not C'), {
      name: 'c',
      metadata: {
        ...marks,
        'import:source': originals.address('c'),
        'import:etag': '0d61f8370cad1d412f80b84d143e1257',
      },
    });
    assert.deepEqual(outcomes(await originals.import({ remove: true, prefix: 'c' })), { c: 'failed damaged' });
    assert.deepEqual(await originals.store.keys(), ['a', 'b', 'c']);
  });

  test('keeps an original that was changed after it was sealed', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.put('a', 'first');
    const files: Files = {
      ...originals.files,
      get: async (id, options) => {
        await originals.put('a', 'second');
        return originals.files.get(id, options);
      },
    };
    assert.deepEqual(outcomes(await originals.import({ remove: true, files })), { a: 'failed conflict' });
    assert.deepEqual(await originals.store.keys(), ['a']);
    assert.deepEqual(outcomes(await originals.import({ remove: true })), { a: 'imported' });
    assert.deepEqual(
      (await originals.all()).map(({ size }) => size),
      [6, 5],
    );
  });

  test('knows what it removed itself when the answer got lost, whatever the store then says', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await using proxy = await FaultyProxy.start(server.endpoint);
    for (const again of [undefined, { kind: 'refuse', status: 412, code: 'PreconditionFailed' } as const]) {
      await originals.put('a', 'A');
      let removals = 0;
      proxy.fault = ({ operation }) => {
        if (operation !== 'DeleteObject') return undefined;
        return removals++ === 0 ? { kind: 'lose-answer' } : again;
      };
      const [result] = await originals.import({ endpoint: proxy.endpoint, remove: true });
      assert.deepEqual([result!.error?.code, result!.removed, removals], [undefined, true, 2]);
      assert.deepEqual(await originals.store.keys(), []);
    }
    // One that was changed in between is there, and stays.
    await originals.put('a', 'B');
    proxy.fault = ({ operation }) =>
      operation === 'DeleteObject' ? { kind: 'refuse', status: 412, code: 'PreconditionFailed' } : undefined;
    const [kept] = await originals.import({ endpoint: proxy.endpoint, remove: true });
    assert.deepEqual([kept!.error?.code, kept!.removed], ['conflict', undefined]);
  });

  test('tells of what was stored when it is cancelled before the original is removed', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    for (const key of ['a', 'b']) await originals.put(key, key);
    const controller = new AbortController();
    const { signal } = controller;
    const files: Files = {
      ...originals.files,
      get: async (id, options) => {
        controller.abort();
        return originals.files.get(id, options);
      },
    };
    const results: ImportResult[] = [];
    const onResult = (result: ImportResult): void => void results.push(result);
    const running = originals.import({ files, signal, remove: true, parallel: 1, onResult });
    await assert.rejects(running, (error) => isSealroomError(error, 'cancelled'));
    const [stored] = await originals.all();
    assert.deepEqual(
      results.map(({ id, error }) => [id, error?.code]),
      [[stored!.id, 'cancelled']],
    );
    assert.deepEqual(await originals.store.keys(), ['a', 'b']);
  });

  test('says when the bucket keeps versions, so that the bytes are there yet', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using originals = await Originals.make(server);
    await originals.keepVersions();
    await originals.put('a', 'A');
    const [result] = await originals.import({ remove: true });
    assert.equal(result!.versionKept, true);
    assert.deepEqual(await originals.import(), []);
  });
});

async function putInParts({ s3, store }: Originals, key: string, parts: readonly Uint8Array[]): Promise<void> {
  const target = { Bucket: store.bucket, Key: key };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const done = [];
  for (const [i, Body] of parts.entries()) {
    const PartNumber = i + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    done.push({ ETag, PartNumber });
  }
  await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: done } }));
}
