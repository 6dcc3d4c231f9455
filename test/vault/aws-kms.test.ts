/** A vault whose keys are in AWS KMS: what it says when KMS says no, and how often it asks. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { KmsClients } from '../../src/aws/kms-clients.ts';
import { collect } from '../../src/bytes.ts';
import { errorTable, isSealroomError } from '../../src/errors.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import type { Files } from '../../src/vault/files.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import { memoryVault } from '../support/memory-vault.ts';
import type { World } from '../support/memory-vault.ts';
import { recordOf, writeRecord } from '../support/stored-message.ts';

let double: KmsDouble;
let clients: KmsClients;
before(async () => {
  double = await KmsDouble.start();
  clients = kmsClientsFor(double, { maxAttempts: 1 });
});
after(async () => {
  clients[Symbol.dispose]();
  await double[Symbol.asyncDispose]();
});
beforeEach(() => (double.fault = undefined));

async function kmsVault(): Promise<{ world: World; files: Files; arn: string; [Symbol.dispose]: () => void }> {
  const { arn } = double.createKey();
  const { world, vault } = await memoryVault({ keyring: awsKmsKeyring({ keyId: arn, clients }) });
  return { world, files: vault.tenant('default'), arn, [Symbol.dispose]: () => vault[Symbol.dispose]() };
}

const EVERYTHING = { Effect: 'Allow', Principal: '*', Action: '*' } as const;

interface Refusal {
  readonly what: string;
  readonly code: ErrorCode;
  readonly refuse: (arn: string) => void;
  readonly mend: (arn: string) => void;
}

const refusals: readonly Refusal[] = [
  {
    what: 'disabled',
    code: 'key-disabled',
    refuse: (arn) => double.disableKey(arn),
    mend: (arn) => double.enableKey(arn),
  },
  {
    what: 'pending deletion',
    code: 'key-pending-deletion',
    refuse: (arn) => double.scheduleKeyDeletion(arn),
    mend: (arn) => double.enableKey(arn),
  },
  {
    what: 'denied',
    code: 'access-denied',
    refuse: (arn) => double.putKeyPolicy(arn, { Statement: [EVERYTHING, { ...EVERYTHING, Effect: 'Deny' }] }),
    mend: (arn) => double.putKeyPolicy(arn, { Statement: EVERYTHING }),
  },
  {
    what: 'not answering',
    code: 'unavailable',
    refuse: () => (double.fault = () => ({ cut: true })),
    mend: () => (double.fault = undefined),
  },
];

describe('a vault whose key in AWS KMS is', () => {
  for (const { what, code, refuse, mend } of refusals) {
    test(`${what} gives nothing out and takes nothing in: ${code}`, async () => {
      using vault = await kmsVault();
      const { world, files, arn } = vault;
      const { id } = await files.put(patterned(100), { name: 'n' });
      refuse(arn);
      const message = /key arn:aws:kms:us-east-1:111122223333:key\//;
      assert.match((await rejection(files.get(id), code)).message, message);
      assert.match((await rejection(files.get(id, { range: { start: 10 } }), code)).message, message);
      await rejection(files.export(id), code);
      await rejection(files.verify(id), code);
      await rejection(files.put(patterned(10), { name: 'm' }), code);
      await rejection(world.open(), code);
      assert.equal((await files.stat(id)).name, 'n', 'what needs no key of the file goes on');
      mend(arn);
      assert.deepEqual(await collect((await files.get(id)).body), patterned(100));
      assert.equal((await files.list()).files.length, 1);
      await world.check();
    });
  }

  test('gone gives nothing out: key-not-found', async () => {
    using vault = await kmsVault();
    const { id } = await vault.files.put(patterned(100), { name: 'n' });
    double.removeKey(vault.arn);
    await rejection(vault.files.get(id), 'key-not-found');
    await rejection(vault.world.open(), 'key-not-found');
  });
});

describe('a vault on AWS KMS opens nothing that stands in another’s place:', () => {
  const changes: Readonly<Record<string, (world: World, ids: readonly [string, string]) => void>> = {
    'another file’s record': (world, [id, other]) => writeRecord(world, id, recordOf(world, other)),
    'another file’s encrypted data keys': (world, [id, other]) =>
      writeRecord(world, id, { ...recordOf(world, id), edks: recordOf(world, other).edks }),
    'another context': (world, [id]) => writeRecord(world, id, { ...recordOf(world, id), context: { a: 'b' } }),
    'another file’s blob': (world, [id, other]) => {
      const [segment, theirs] = [recordOf(world, id).segments[0]!, recordOf(world, other).segments[0]!];
      world.blobs.blobs.set(segment.blob, world.blobs.blobs.get(theirs.blob)!);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(what, async () => {
      using vault = await kmsVault();
      const { world, files } = vault;
      const one = await files.put(patterned(100), { name: 'one' });
      const two = await files.put(patterned(100, 3), { name: 'two' });
      change(world, [one.id, two.id]);
      const given: Uint8Array[] = [];
      const read = async (): Promise<void> => {
        for await (const chunk of (await files.get(one.id)).body) given.push(chunk);
      };
      await assert.rejects(read(), (error) => isSealroomError(error) && errorTable[error.code].exit === 4);
      assert.deepEqual(given, []);
      assert.deepEqual(await collect((await files.get(two.id)).body), patterned(100, 3));
    });
  }

  test('a data key that KMS opens under another context only is refused by KMS itself', async () => {
    using vault = await kmsVault();
    const { world, files } = vault;
    const one = await files.put(patterned(100), { name: 'one' });
    const two = await files.put(patterned(100), { name: 'two' });
    writeRecord(world, one.id, { ...recordOf(world, one.id), edks: recordOf(world, two.id).edks });
    double.calls.length = 0;
    await rejection(files.get(one.id), 'wrong-key');
    assert.equal(double.count('Decrypt'), 1);
  });
});

test('a vault on AWS KMS asks it once a put, once a get, once a range, and for a list no more', async () => {
  using vault = await kmsVault();
  const { world, files } = vault;
  const callsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    double.calls.length = 0;
    await work();
    return double.calls.map(({ operation }) => operation);
  };
  const { id } = await files.put(patterned(100), { name: 'n' });
  const read = async (range?: { start: number; end: number }): Promise<unknown> =>
    collect((await files.get(id, range && { range })).body);
  assert.deepEqual(await callsOf(() => files.put(patterned(100), { name: 'm' })), ['GenerateDataKey']);
  assert.deepEqual(await callsOf(() => read()), ['Decrypt']);
  assert.deepEqual(await callsOf(() => read({ start: 20, end: 50 })), ['Decrypt']);
  assert.deepEqual(await callsOf(() => files.stat(id)), []);
  assert.deepEqual(await callsOf(() => files.update(id, { name: 'o' })), []);
  assert.deepEqual(await callsOf(() => files.list()), []);
  assert.deepEqual(await callsOf(() => files.remove(id)), []);

  // Another process: it opens the vault's key and the tenant's, once each.
  using fresh = await world.open();
  assert.deepEqual(await callsOf(() => fresh.tenant('default').list()), ['Decrypt']);
  assert.deepEqual(await callsOf(() => fresh.tenant('default').list()), []);
});
