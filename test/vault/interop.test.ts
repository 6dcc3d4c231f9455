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
import { headerByHand, messageByHand, recordOf, writeRecord } from '../support/stored-message.ts';

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
        const message = messageByHand(world, id, segment);
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
    const stored = messageByHand(world, id, segment!);
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
