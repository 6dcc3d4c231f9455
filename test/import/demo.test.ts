import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { concat, utf8 } from '../../src/bytes.ts';
import { SealroomError, isSealroomError } from '../../src/errors.ts';
import type { DemoResult } from '../../src/import/demo/import.ts';
import { SIGNATURE_LENGTH, kindOf } from '../../src/import/demo/signatures.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { FaultyProxy } from '../support/aws/faulty-proxy.ts';
import { leftOut, moto } from '../support/aws/servers.ts';
import { DemoApplication, told } from './demo-application.ts';

const PNG = concat([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), patterned(100_000)]);
const TEXT = utf8('no known kind of file');

describe('importing from the demonstration application', () => {
  test('opens each object, seals it, and keeps its name; an empty one, too', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a picture', PNG, 'one');
    await demo.upload('notes.txt', TEXT, 'two');
    await demo.upload('empty', new Uint8Array(0), 'three');
    const before = demo.kms.calls.length;
    assert.deepEqual(told(await demo.import()), { one: 'imported PNG', two: 'imported', three: 'imported' });
    const calls = demo.kms.calls.slice(before);
    assert.deepEqual(
      calls.map(({ operation, input }) => [operation, input['EncryptionContext']]),
      Array.from({ length: 3 }, () => ['Decrypt', undefined]),
    );
    const picture = await demo.originals.file('a picture');
    assert.ok(Buffer.from(picture.bytes).equals(PNG));
    assert.equal(picture.stat.type, 'image/png');
    assert.equal(picture.stat.metadata['import:item'], `${demo.table}/one`);
    const notes = await demo.originals.file('notes.txt');
    assert.deepEqual(notes.bytes, TEXT);
    assert.equal(notes.stat.type, 'text/plain');
    assert.equal((await demo.originals.file('empty')).bytes.length, 0);
    assert.deepEqual(await demo.items(), ['one', 'three', 'two']);
  });

  test('imports nothing twice, and asks for no key then', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a', PNG, 'one');
    const first = await demo.import();
    const before = demo.kms.calls.length;
    const second = await demo.import();
    assert.deepEqual(told(second), { one: 'present' });
    assert.equal(second['one']!.id, first['one']!.id);
    assert.equal(demo.kms.calls.length, before);
    await demo.upload('a', TEXT, 'one');
    // The object is another one, and the item that was imported has become that of another upload.
    assert.deepEqual(told(await demo.import()), { one: 'failed conflict' });
    assert.equal((await demo.originals.all()).length, 1);
  });

  test('of several items for one object takes none, but the one that is picked', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('same', TEXT, 'old');
    await demo.upload('same', PNG, 'new');
    await demo.upload('other', PNG, 'alone');
    const refused = await demo.import();
    assert.deepEqual(told(refused), { old: 'failed conflict', new: 'failed conflict', alone: 'imported PNG' });
    assert.match(refused['old']!.error!.message, /2 items name s3:.*--pick old/);
    // A dry run opens the beginnings, which tell which is right.
    const tried = await demo.import({ picks: new Set(['old', 'new']), dryRun: true });
    assert.deepEqual(told(tried), { old: 'planned', new: 'planned PNG', alone: 'present' });
    const picked = await demo.import({ picks: new Set(['new']), remove: true });
    assert.deepEqual(told(picked), {
      old: 'skipped not picked',
      new: 'imported PNG removed',
      alone: 'present PNG removed',
    });
    assert.ok(Buffer.from((await demo.originals.file('same')).bytes).equals(PNG));
    assert.deepEqual(await demo.items(), ['old']);
    await assert.rejects(
      demo.import({ picks: new Set(['nobody']) }),
      (error) => isSealroomError(error, 'usage') && error.message.includes('nobody'),
    );
  });

  test('removes nothing of an object that several were picked for', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('same', TEXT, 'old');
    await demo.upload('same', PNG, 'new');
    const results = await demo.import({ picks: new Set(['old', 'new']), remove: true, confirm: async () => true });
    assert.deepEqual(told(results), { old: 'imported several picked', new: 'imported PNG several picked' });
    assert.deepEqual(await demo.originals.store.keys(), ['same']);
    assert.deepEqual(await demo.items(), ['new', 'old']);
  });

  test('says what is wrong with each item that cannot be imported, and goes on', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('fine', PNG, 'fine');
    const { originals } = demo;
    for (const name of ['short', 'damaged', 'none', 'text']) await originals.put(name, TEXT);
    const item = async (id: string, encryptedDataKey: Uint8Array, fileName = id): Promise<void> =>
      demo.putItem({ id: { S: id }, encryptedDataKey: { B: encryptedDataKey }, fileName: { S: fileName } });
    await item('short', await demo.wrapped(patterned(16)));
    const damaged = Buffer.from(await demo.wrapped(patterned(32)));
    damaged[damaged.length - 1]! ^= 1;
    await item('damaged', damaged);
    await item('missing', await demo.wrapped(patterned(32)));
    await demo.putItem({ id: { S: 'none' }, fileName: { S: 'none' } });
    await demo.putItem({ id: { S: 'text' }, fileName: { S: 'text' }, encryptedDataKey: { S: 'AAAA' } });
    await demo.putItem({ id: { S: 'nameless' }, encryptedDataKey: { B: damaged } });
    assert.deepEqual(told(await demo.import()), {
      fine: 'imported PNG',
      short: 'failed damaged',
      damaged: 'failed wrong-key',
      missing: 'failed not-found',
      none: 'failed damaged',
      text: 'failed damaged',
      nameless: 'failed damaged',
    });
    assert.equal((await originals.all()).length, 1);
    await demo.upload('later', PNG, 'later');
    demo.kms.disableKey(demo.key.arn);
    assert.equal(told(await demo.import())['later'], 'failed key-disabled');
  });

  test('reads a beginning on where a connection broke, and says it clearly when it breaks again and again', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a', PNG, 'one');
    await using proxy = await FaultyProxy.start(server.endpoint);
    let cuts = 0;
    proxy.fault = ({ operation }) =>
      operation === 'GetObject' && cuts++ === 0 ? { kind: 'cut-answer', bytes: 5 } : undefined;
    const dry = { endpoint: proxy.endpoint, dryRun: true };
    assert.deepEqual(told(await demo.import(dry)), { one: 'planned PNG' });
    proxy.fault = ({ operation }) => (operation === 'GetObject' ? { kind: 'cut-answer', bytes: 1 } : undefined);
    assert.deepEqual(told(await demo.import(dry)), { one: 'failed unavailable' });
  });

  test('takes pages of a table, and says which table is not there', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    // A page of a scan ends at 1 MB.
    for (let i = 0; i < 4; i++) {
      await demo.putItem({ id: { S: `${i}` }, padding: { B: patterned(390_000, i) }, fileName: { S: `missing ${i}` } });
    }
    assert.deepEqual(new Set(Object.values(told(await demo.import()))), new Set(['failed not-found']));
    Object.assign(demo, { table: 'nobody-has-this' });
    await assert.rejects(
      demo.import(),
      (error) => isSealroomError(error, 'bad-configuration') && error.message.includes('nobody-has-this'),
    );
  });
});

describe('removing what the demonstration application stored', () => {
  test('takes known kinds of files only, and others when they are confirmed', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('picture', PNG, 'picture');
    await demo.upload('yes', TEXT, 'yes');
    await demo.upload('no', TEXT, 'no');
    const asked: string[] = [];
    const results = await demo.import({
      remove: true,
      confirm: async ({ id, item }) => {
        // By then it is there to be looked at.
        await demo.originals.files.stat(id!);
        asked.push(item!);
        return item === 'yes';
      },
    });
    assert.deepEqual(told(results), {
      picture: 'imported PNG removed',
      yes: 'imported removed',
      no: 'imported unconfirmed',
    });
    assert.deepEqual(asked.sort(), ['no', 'yes']);
    assert.deepEqual(await demo.items(), ['no']);
    assert.deepEqual(await demo.originals.store.keys(), ['no']);
    // A later run compares once more, and asks once more.
    assert.deepEqual(told(await demo.import({ remove: true, confirm: async () => true })), { no: 'present removed' });
    assert.deepEqual(await demo.items(), []);
  });

  test('tells what was stored when a question is broken off', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    for (const id of ['one', 'two']) await demo.upload(id, TEXT, id);
    const results: string[] = [];
    const running = demo.import({
      remove: true,
      confirm: async () => assert.fail('broken off'),
      onResult: ({ item, outcome, reason }) => void results.push(`${item} ${outcome} ${reason}`),
    });
    await assert.rejects(running, { message: 'broken off' });
    assert.deepEqual(results.sort(), ['one imported unconfirmed', 'two imported unconfirmed']);
    assert.deepEqual(await demo.originals.store.keys(), ['one', 'two']);
  });

  test('tells what became of each when it is cancelled between an object and its item', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    for (const id of ['one', 'two']) await demo.upload(id, TEXT, id);
    await using proxy = await FaultyProxy.start(server.endpoint);
    const controller = new AbortController();
    const { signal } = controller;
    proxy.fault = ({ operation }) => {
      if (operation === 'DeleteItem') controller.abort();
      return undefined;
    };
    const results: Record<string, DemoResult> = {};
    const running = demo.import({
      endpoint: proxy.endpoint,
      remove: true,
      parallel: 1,
      signal,
      confirm: async () => true,
      onResult: (result) => void (results[result.item!] = result),
    });
    await assert.rejects(running, (error) => isSealroomError(error, 'cancelled'));
    const [left] = await demo.originals.store.keys();
    const gone = ['one', 'two'].find((id) => id !== left);
    assert.deepEqual(told(results), { [gone!]: 'failed cancelled', [left!]: 'imported unconfirmed' });
  });

  test('keeps what was opened with a wrong key, which nothing but its beginning tells', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a', PNG, 'overwritten');
    // Another table's upload, or one whose item is gone.
    await using other = await DemoApplication.make(server);
    await other.upload('a', PNG);
    await demo.originals.put('a', await rawObject(other, 'a'));
    assert.deepEqual(told(await demo.import({ remove: true })), { overwritten: 'imported unconfirmed' });
    assert.deepEqual(await demo.originals.store.keys(), ['a']);
    assert.ok(!Buffer.from((await demo.originals.file('a')).bytes).equals(PNG));
  });

  test('keeps an object that changed meanwhile, and one whose copy reads otherwise', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('changing', PNG, 'changing');
    const { originals } = demo;
    const changing: Files = {
      ...originals.files,
      get: async (id, options) => {
        await originals.put('changing', 'another');
        return originals.files.get(id, options);
      },
    };
    assert.deepEqual(told(await demo.import({ remove: true, files: changing })), {
      changing: 'failed conflict PNG',
    });
    await demo.upload('differing', PNG, 'differing');
    const { id: other } = await originals.files.put(TEXT, { name: 'other' });
    const differing: Files = { ...originals.files, get: (_, options) => originals.files.get(other, options) };
    const results = told(await demo.import({ remove: true, files: differing }));
    assert.equal(results['differing'], 'failed damaged');
    assert.deepEqual(await demo.items(), ['changing', 'differing']);
    assert.deepEqual(await originals.store.keys(), ['changing', 'differing']);
  });

  test('that was broken off between object and item is finished by the next run', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a', PNG, 'one');
    await using proxy = await FaultyProxy.start(server.endpoint);
    proxy.fault = ({ operation }) =>
      operation === 'DeleteItem' ? { kind: 'refuse', status: 400, code: 'AccessDeniedException' } : undefined;
    const broken = await demo.import({ endpoint: proxy.endpoint, remove: true });
    assert.deepEqual(told(broken), { one: 'failed access-denied PNG' });
    assert.deepEqual(await demo.originals.store.keys(), []);
    assert.deepEqual(told(await demo.import()), { one: 'present' });
    assert.deepEqual(told(await demo.import({ remove: true })), { one: 'present PNG removed' });
    assert.deepEqual(await demo.items(), []);
    assert.ok(Buffer.from((await demo.originals.file('a')).bytes).equals(PNG));
  });

  test('takes an item whose object is gone under the same conditions: its key is all that opens a copy of that', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    const { originals } = demo;
    for (const id of ['text', 'damaged']) await demo.upload(id, TEXT, id);
    await demo.upload('picture', PNG, 'picture');
    await demo.import();
    const { s3, store } = originals;
    for (const Key of await store.keys()) await s3.send(new DeleteObjectCommand({ Bucket: store.bucket, Key }));
    const damaged = (await originals.file('damaged')).stat.id;
    const files: Files = {
      ...originals.files,
      get: async (id, options) => {
        if (id === damaged) throw new SealroomError('damaged', 'a frame does not open');
        return originals.files.get(id, options);
      },
    };
    assert.deepEqual(told(await demo.import({ files, remove: true, dryRun: true })), {
      text: 'present',
      damaged: 'present',
      picture: 'present',
    });
    assert.deepEqual(told(await demo.import({ files, remove: true })), {
      text: 'present unconfirmed',
      damaged: 'failed damaged',
      picture: 'present PNG removed',
    });
    assert.deepEqual(await demo.items(), ['damaged', 'text']);
    const confirmed = await demo.import({ files, remove: true, confirm: async ({ item }) => item === 'text' });
    assert.deepEqual(told(confirmed), { text: 'present removed', damaged: 'failed damaged' });
  });

  test('leaves an item that was changed since it was read', async (t) => {
    const server = await moto();
    if (leftOut(t, server, 'moto')) return;
    await using demo = await DemoApplication.make(server);
    await demo.upload('a', PNG, 'one');
    const { originals } = demo;
    const files: Files = {
      ...originals.files,
      get: async (id, options) => {
        await demo.putItem({ id: { S: 'one' }, fileName: { S: 'b' }, encryptedDataKey: { B: patterned(100) } });
        return originals.files.get(id, options);
      },
    };
    assert.deepEqual(told(await demo.import({ remove: true, files })), { one: 'failed conflict PNG' });
    assert.deepEqual(await demo.items(), ['one']);
  });
});

async function rawObject({ originals }: DemoApplication, key: string): Promise<Uint8Array> {
  const { Body } = await originals.s3.send(new GetObjectCommand({ Bucket: originals.store.bucket, Key: key }));
  return Body!.transformToByteArray();
}

describe('kinds of files', () => {
  test('are known by their beginning, of which no short one will do', () => {
    const beginnings: Record<string, string | number[]> = {
      PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      JPEG: [0xff, 0xd8, 0xff, 0xe0],
      PDF: '%PDF-1.7',
      ZIP: 'PK\x03\x04',
      GIF: 'GIF89a',
      WebP: 'RIFF\x10\0\0\0WEBP',
      MP4: '\0\0\0\x18ftypisom',
    };
    for (const [name, beginning] of Object.entries(beginnings)) {
      const bytes = typeof beginning === 'string' ? Buffer.from(beginning, 'latin1') : Uint8Array.from(beginning);
      assert.equal(kindOf(bytes)?.name, name);
      assert.equal(kindOf(bytes.subarray(0, 2)), undefined, name);
      assert.equal(kindOf(bytes.map((byte) => byte ^ 0x80)), undefined, name);
      assert.ok(bytes.length <= SIGNATURE_LENGTH);
    }
    for (const unknown of [new Uint8Array(0), TEXT, new Uint8Array(SIGNATURE_LENGTH)]) {
      assert.equal(kindOf(unknown), undefined);
    }
  });
});
