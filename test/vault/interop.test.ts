/** What a vault keeps is an AWS Encryption SDK message, and what it exports is one too. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
} from '@aws-crypto/client-node';
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { freshKeyring, memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { referenceContext, referenceEdk, uint } from '../support/reference.ts';

const KEY = patterned(32, 9);
const CONTEXT = { project: 'north', a: 'b' };

const peer = new RawAesKeyringNode({
  keyName: 'test',
  keyNamespace: 'sealroom',
  unencryptedMasterKey: KEY.slice(),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
});
const client = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);

async function vaultWithFile(segmentLength: number): Promise<{ world: World; id: string; bytes: Uint8Array }> {
  const { world, vault } = await memoryVault({ keyring: freshKeyring('test', KEY), segmentLength });
  const bytes = patterned(1000);
  const { id } = await vault.tenant('default').put(bytes, { name: 'n', context: CONTEXT });
  return { world, id, bytes };
}

interface StoredRecord {
  context: Record<string, string>;
  edks: { provider: string; info: string; ciphertext: string }[];
  segments: { messageId: string; commitment: string; frameLength: number; size: number; blob: string; tag?: string }[];
}

function recordOf(world: World, id: string): StoredRecord {
  return JSON.parse(Buffer.from(world.catalog.items.get(`file/default/0 ${id}`)!.data).toString()) as StoredRecord;
}

function writeRecord(world: World, id: string, record: StoredRecord): void {
  const key = `file/default/0 ${id}`;
  world.catalog.items.set(key, { ...world.catalog.items.get(key)!, data: Buffer.from(JSON.stringify(record)) });
}

/** A header put together by hand from the fields of a record, as the format describes it. */
function headerByHand(world: World, id: string, segment: StoredRecord['segments'][number]): Buffer {
  const { context, edks } = recordOf(world, id);
  const bound = { ...context, 'sealroom:vault': world.id, 'sealroom:tenant': 'default', 'sealroom:file': id };
  const pairs = Object.entries(bound).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const serialised = referenceContext(pairs);
  const keys = edks.map(({ provider, info, ciphertext }) =>
    referenceEdk(provider, Buffer.from(info, 'base64'), Buffer.from(ciphertext, 'base64')),
  );
  return Buffer.concat([
    uint(0x02, 1),
    uint(0x0478, 2),
    Buffer.from(segment.messageId, 'base64'),
    uint(serialised.length, 2),
    serialised,
    uint(keys.length, 2),
    ...keys,
    uint(2, 1),
    uint(segment.frameLength, 4),
    Buffer.from(segment.commitment, 'base64'),
    Buffer.from(segment.tag!, 'base64'),
  ]);
}

async function expectOpens(
  message: Uint8Array,
  keyring: World['keyring'],
  bytes: Uint8Array,
): Promise<Record<string, string>> {
  const { body, context } = await decrypt(message, { keyring });
  assert.deepEqual(await collect(body), bytes);
  const { plaintext, messageHeader } = await client.decrypt(peer, Buffer.from(message));
  assert.deepEqual(new Uint8Array(plaintext), bytes);
  assert.deepEqual({ ...messageHeader.encryptionContext }, { ...context });
  return { ...context };
}

describe('header and blob', () => {
  for (const segmentLength of [2000, 400]) {
    test(`of each segment of ${segmentLength} are one message, here and in the AWS Encryption SDK`, async () => {
      const { world, id, bytes } = await vaultWithFile(segmentLength);
      let offset = 0;
      for (const segment of recordOf(world, id).segments) {
        const message = Buffer.concat([headerByHand(world, id, segment), world.blobs.blobs.get(segment.blob)!]);
        const context = await expectOpens(message, world.keyring, bytes.slice(offset, offset + segment.size));
        assert.equal(context['sealroom:file'], id);
        assert.equal(context['project'], 'north');
        offset += segment.size;
      }
      assert.equal(offset, bytes.length);
    });
  }
});

describe('export', () => {
  test('of a file of one segment is its header and its blob', async () => {
    const { world, id, bytes } = await vaultWithFile(2000);
    const [segment] = recordOf(world, id).segments;
    using vault = await world.open();
    const { stat, body } = await vault.tenant('default').export(id);
    assert.deepEqual(stat, await vault.tenant('default').stat(id));
    const message = await collect(body);
    const stored = Buffer.concat([headerByHand(world, id, segment!), world.blobs.blobs.get(segment!.blob)!]);
    assert.deepEqual(Buffer.from(message), stored);
    await expectOpens(message, world.keyring, bytes);
  });

  test('of a file of several segments is a new message under a new data key each time', async () => {
    const { world, id, bytes } = await vaultWithFile(400);
    using vault = await world.open();
    const record = recordOf(world, id);
    const known = new Set(record.edks.map(({ ciphertext }) => ciphertext));
    const messageIds = new Set(
      record.segments.map(({ messageId }) => Buffer.from(messageId, 'base64').toString('hex')),
    );
    for (let i = 1; i <= 2; i++) {
      const message = await collect((await vault.tenant('default').export(id)).body);
      await expectOpens(message, world.keyring, bytes);
      messageIds.add((await inspect(message)).messageId);
      assert.equal(messageIds.size, record.segments.length + i);
      const text = Buffer.from(message).toString('latin1');
      for (const ciphertext of known) assert.ok(!text.includes(Buffer.from(ciphertext, 'base64').toString('latin1')));
    }
  });

  test('of a file whose header has no tag any more is a new message, and the file still opens', async () => {
    const { world, id, bytes } = await vaultWithFile(2000);
    const record = recordOf(world, id);
    const { tag: _, ...segment } = record.segments[0]!;
    const header = headerByHand(world, id, record.segments[0]!);
    writeRecord(world, id, { ...record, segments: [segment] });
    using vault = await world.open();
    const files = vault.tenant('default');
    assert.deepEqual(await collect((await files.get(id)).body), bytes);
    assert.deepEqual(await collect((await files.get(id, { range: { start: 500 } })).body), bytes.slice(500));
    const message = Buffer.from(await collect((await files.export(id)).body));
    await expectOpens(message, world.keyring, bytes);
    assert.notDeepEqual(message.subarray(3, 35), header.subarray(3, 35), 'another message id');
    const updated = await files.update(id, { name: 'm' });
    assert.equal(updated.name, 'm');
    assert.equal(recordOf(world, id).segments[0]!.tag, undefined, 'no tag is ever made again');
  });

  test('of a file that was changed says so before or while it comes', async () => {
    const { world, id } = await vaultWithFile(2000);
    const [segment] = recordOf(world, id).segments;
    const blob = world.blobs.blobs.get(segment!.blob)!;
    using vault = await world.open();
    for (const at of [20, 500, blob.length - 1]) {
      blob[at]! ^= 1;
      const call = vault
        .tenant('default')
        .export(id)
        .then(({ body }) => collect(body));
      await assert.rejects(call, { code: 'damaged' });
      blob[at]! ^= 1;
    }
    const longer = Buffer.concat([blob, Buffer.of(1)]);
    world.blobs.blobs.set(segment!.blob, longer);
    await assert.rejects(
      vault
        .tenant('default')
        .export(id)
        .then(({ body }) => collect(body)),
      { code: 'trailing-bytes' },
    );
  });
});
