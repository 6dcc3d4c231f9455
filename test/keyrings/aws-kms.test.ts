import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { KmsClients } from '../../src/aws/kms-clients.ts';
import { fromUtf8, utf8 } from '../../src/bytes.ts';
import { DataKey } from '../../src/data-key.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { isSealroomError, SealroomError } from '../../src/errors.ts';
import { awsKmsDiscoveryKeyring, awsKmsKeyring } from '../../src/keyrings/aws-kms.ts';
import type { AwsKmsDiscoveryOptions } from '../../src/keyrings/aws-kms.ts';
import { multiKeyring } from '../../src/keyrings/multi.ts';
import type { EncryptionContext } from '../../src/message/context.ts';
import type { EncryptedDataKey } from '../../src/message/edk.ts';
import type { Keyring, Rewrapper } from '../../src/ports.ts';
import { assertShowsNot, keyringSuite } from '../../src/testing/keyring-suite.ts';
import { refusal, rejection } from '../../src/testing/rejects.ts';
import { KmsDouble, kmsClientsFor } from '../support/aws/kms-double.ts';
import type { KmsDoubleCall, KmsFault } from '../support/aws/kms-double.ts';
import { userArn } from '../support/aws/kms/access.ts';
import { leftOut, moto } from '../support/aws/servers.ts';
import type { AwsServer } from '../support/aws/servers.ts';

const CONTEXT = { tenant: 'acme', file: '42' };
const HERE = 'us-east-1';
const THERE = 'eu-west-1';

let double: KmsDouble;
let clients: KmsClients;
before(async () => {
  double = await KmsDouble.start();
  // Two tries: that it tries again is to be seen, not that it waits.
  clients = kmsClientsFor(double, { maxAttempts: 2 });
});
after(async () => {
  clients[Symbol.dispose]();
  await double[Symbol.asyncDispose]();
});

const keyringOf = (keyId: string, by = clients): Keyring & Rewrapper => awsKmsKeyring({ keyId, clients: by });

keyringSuite('awsKmsKeyring', () => ({
  keyring: keyringOf(double.createKey().arn),
  other: keyringOf(double.createKey().arn),
  bindsContext: true,
  takesEmptyText: false,
}));

keyringSuite('multiKeyring of keys of AWS KMS', () => ({
  keyring: multiKeyring({
    generator: keyringOf(double.createKey().arn),
    wrappers: [keyringOf(double.createKey({ region: THERE }).arn)],
  }),
  other: multiKeyring({ generator: keyringOf(double.createKey().arn) }),
  bindsContext: true,
  takesEmptyText: false,
}));

describe('awsKmsKeyring on moto', async () => {
  const server = await moto();
  if (server === undefined) {
    test('keeps the law of Keyring', (t) => void leftOut(t, server, 'moto'));
    return;
  }
  using scope = new DisposableStack();
  const asking = scope.use(motoClients(server));
  const kept = scope.move();
  after(() => kept.dispose());
  const fresh = async (): Promise<Keyring> => {
    const { KeyMetadata } = await asking.of(server.region).send(new CreateKeyCommand({}));
    return withRightErrors(keyringOf(KeyMetadata!.Arn!, asking));
  };
  keyringSuite('awsKmsKeyring on moto', async () => ({
    keyring: await fresh(),
    other: await fresh(),
    bindsContext: true,
    takesEmptyText: false,
  }));
});

function motoClients({ endpoint, credentials }: AwsServer): KmsClients {
  return new KmsClients({ endpoint, credentials });
}

/** Of a ciphertext that names another key than the call does, moto says that the caller may not use that key. */
function withRightErrors(keyring: Keyring): Keyring {
  return {
    ...keyring,
    async unwrap(...call) {
      try {
        return await keyring.unwrap(...call);
      } catch (error) {
        throw isSealroomError(error, 'access-denied') ? new SealroomError('wrong-key', error.message) : error;
      }
    },
  };
}

describe('awsKmsKeyring', () => {
  beforeEach(() => {
    double.fault = undefined;
    double.calls.length = 0;
  });

  test('asks for 256 bits under the context, and writes what KMS answers', async () => {
    const { arn } = double.createKey();
    const { dataKey, edks } = await keyringOf(arn).generate(CONTEXT);
    const [{ operation: first, region, input: asked }] = double.calls as [KmsDoubleCall];
    assert.deepEqual([first, region], ['GenerateDataKey', HERE]);
    assert.deepEqual(asked, { KeyId: arn, NumberOfBytes: 32, EncryptionContext: CONTEXT, GrantTokens: [] });
    const [edk] = edks;
    assert.equal(edk!.providerId, 'aws-kms');
    assert.equal(fromUtf8(edk!.providerInfo), arn);
    assert.equal(edk!.ciphertext.length, 184);

    const [wrapped] = await keyringOf(arn).wrap(dataKey, CONTEXT);
    assert.equal(fromUtf8(wrapped!.providerInfo), arn);
    const { operation, input } = double.calls.at(-1)!;
    assert.equal(operation, 'Encrypt');
    assert.deepEqual(input['EncryptionContext'], CONTEXT);

    await opened(keyringOf(arn), [wrapped!]);
    const { CiphertextBlob: _, ...decrypt } = double.calls.at(-1)!.input;
    assert.deepEqual(decrypt, { KeyId: arn, EncryptionContext: CONTEXT, GrantTokens: [] });
    assert.equal(double.calls.length, 3, 'one call each');
  });

  test('sends a pair whose name means something to JavaScript like any other', async () => {
    const context = Object.fromEntries([['__proto__', 'value']]);
    await keyringOf(double.createKey().arn).generate(context);
    assert.deepEqual(JSON.stringify(double.calls[0]!.input['EncryptionContext']), '{"__proto__":"value"}');
  });

  for (const length of [16, 24]) {
    test(`opens a data key of ${length} bytes, as other writers have them`, async () => {
      const keyring = keyringOf(double.createKey().arn);
      using dataKey = new DataKey(Buffer.alloc(length, 7));
      assert.equal(await opened(keyring, await keyring.wrap(dataKey, CONTEXT)), hex(dataKey.bytes));
    });
  }

  test('finds what opens nothing that is a data key damaged', async () => {
    const keyring = keyringOf(double.createKey().arn);
    using dataKey = new DataKey(Buffer.alloc(31, 7));
    await rejection(keyring.unwrap(await keyring.wrap(dataKey, CONTEXT), CONTEXT), 'damaged');
  });

  test('opens what was wrapped before its key was rotated', async () => {
    const { arn } = double.createKey();
    const { dataKey, edks } = await keyringOf(arn).generate(CONTEXT);
    double.rotateKey(arn);
    assert.equal(await opened(keyringOf(arn), edks), hex(dataKey.bytes));
  });

  test('tries those that are its own in their order, and passes over the rest without a call', async () => {
    const [mine, theirs] = [double.createKey().arn, double.createKey().arn];
    const first = await keyringOf(mine).generate(CONTEXT);
    const second = await keyringOf(mine).generate(CONTEXT);
    const foreign = await keyringOf(theirs).generate(CONTEXT);
    const damaged = { ...first.edks[0]!, ciphertext: first.edks[0]!.ciphertext.slice(0, -1) };
    const all = [...foreign.edks, damaged, ...second.edks, ...first.edks];
    double.calls.length = 0;
    assert.equal(await opened(keyringOf(mine), all), hex(second.dataKey.bytes));
    assert.equal(double.calls.length, 2);
  });

  test('takes nothing for its own that does not name a key by its ARN', async () => {
    const { arn } = double.createKey();
    const { name, arn: aliasArn } = double.createAlias('some', arn);
    const [edk] = (await keyringOf(arn).generate(CONTEXT)).edks;
    double.calls.length = 0;
    for (const info of [aliasArn, name, arn.slice(0, -1), `${arn}x`, arn.replace(/.*\//, ''), '', `${arn}:x`]) {
      assert.equal(await keyringOf(arn).unwrap([{ ...edk!, providerInfo: utf8(info) }], CONTEXT), null, info);
    }
    const bytes = Buffer.concat([utf8(arn), Buffer.of(0xc3)]);
    assert.equal(await keyringOf(arn).unwrap([{ ...edk!, providerInfo: bytes }], CONTEXT), null);
    assert.equal(await keyringOf(arn).unwrap([{ ...edk!, providerId: 'aws-kms-hierarchy' }], CONTEXT), null);
    assert.equal(double.calls.length, 0);
  });

  test('by an alias, the ARN of one, or the id of a key only wraps', async () => {
    const { arn, id } = double.createKey();
    const { name, arn: aliasArn } = double.createAlias('wraps', arn);
    for (const keyId of [name, aliasArn, id]) {
      const keyring = awsKmsKeyring({ keyId, region: keyId === aliasArn ? undefined : HERE, clients });
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      const wrapped = await keyring.wrap(dataKey, CONTEXT);
      for (const edk of [...edks, ...wrapped]) {
        assert.equal(fromUtf8(edk.providerInfo), arn, 'the ARN of the key that it stands for');
        assert.equal(await keyring.unwrap([edk], CONTEXT), null);
        assert.equal(await opened(keyringOf(arn), [edk]), hex(dataKey.bytes));
      }
    }
  });

  test('refuses what names no key', () => {
    for (const keyId of ['', 'arn:aws:kms:us-east-1', 'arn:aws:s3:::bucket'])
      refusal(() => keyringOf(keyId), 'bad-key');
  });

  test('refuses to wrap under a context that KMS does not take, and opens nothing with one', async () => {
    const keyring = keyringOf(double.createKey().arn);
    const { dataKey, edks } = await keyring.generate(CONTEXT);
    double.calls.length = 0;
    for (const context of [{ a: '' }, { '': 'b' }] as EncryptionContext[]) {
      await rejection(keyring.generate(context), 'usage');
      await rejection(keyring.wrap(dataKey, context), 'usage');
      await rejection(keyring.rewrap(edks, context), 'usage');
      await rejection(keyring.unwrap(edks, context), 'wrong-key');
    }
    assert.equal(double.calls.length, 0);
    const long = { name: 'v'.repeat(8192) };
    assert.match((await rejection(keyring.generate(long), 'usage')).message, /too long/);
    await rejection(keyring.unwrap(edks, long), 'wrong-key');
  });

  test('gives its grant tokens to every call', async () => {
    using grantee = kmsClientsFor(double, { user: 'newcomer' });
    double.setUserPolicy('newcomer', { Statement: [] });
    const { arn } = double.createKey();
    const token = double.grant(arn, {
      grantee: userArn('newcomer'),
      operations: ['GenerateDataKey', 'Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'],
    });
    await rejection(keyringOf(arn, grantee).generate(CONTEXT), 'access-denied');
    const keyring = awsKmsKeyring({ keyId: arn, grantTokens: [token], clients: grantee });
    const { dataKey, edks } = await keyring.generate(CONTEXT);
    const wrapped = await keyring.wrap(dataKey, CONTEXT);
    const rewrapped = await keyring.rewrap(edks, CONTEXT);
    for (const edk of [...edks, ...wrapped, rewrapped!]) assert.equal(await opened(keyring, [edk]), hex(dataKey.bytes));
    const discovering = discovery({ grantTokens: [token], clients: grantee });
    assert.equal(await opened(discovering, edks), hex(dataKey.bytes));
  });
});

describe('awsKmsKeyring of a multi-Region key', () => {
  beforeEach(() => (double.calls.length = 0));

  test('opens in its own Region what any replica wrapped', async () => {
    const primary = double.createKey({ multiRegion: true }).arn;
    const replica = double.replicateKey(primary, THERE).arn;
    const { dataKey, edks } = await keyringOf(primary).generate(CONTEXT);
    assert.equal(await opened(keyringOf(replica), edks), hex(dataKey.bytes));
    const { region, input } = double.calls.at(-1)!;
    assert.equal(region, THERE);
    assert.equal(input['KeyId'], replica, 'the key that is configured, not the one that the message names');
  });

  test('takes for its own neither an alias called like it nor the key of another account', async () => {
    const primary = double.createKey({ multiRegion: true }).arn;
    const [edk] = (await keyringOf(primary).generate(CONTEXT)).edks;
    for (const [from, to] of [
      [':key/', ':alias/'],
      ['111122223333', '444455556666'],
      [':aws:', ':aws-cn:'],
    ] as const) {
      const providerInfo = utf8(primary.replace(from, to));
      assert.equal(await keyringOf(primary).unwrap([{ ...edk!, providerInfo }], CONTEXT), null);
    }
    const plain = double.createKey().arn;
    const { edks } = await keyringOf(plain).generate(CONTEXT);
    assert.equal(await keyringOf(plain.replace(HERE, THERE)).unwrap(edks, CONTEXT), null, 'it is no multi-Region key');
  });
});

describe('awsKmsKeyring of keys in several Regions', () => {
  test('opens with the second Region while the first is down', async (t) => {
    t.after(() => (double.fault = undefined));
    const [here, there] = [double.createKey().arn, double.createKey({ region: THERE }).arn];
    const keyring = multiKeyring({ generator: keyringOf(here), wrappers: [keyringOf(there)] });
    const { dataKey, edks } = await keyring.generate(CONTEXT);
    for (const down of [{ cut: true }, { type: 'KMSInternalException', status: 500 }] as KmsFault[]) {
      double.fault = (_, { KeyId }) => (String(KeyId).includes(`:${HERE}:`) ? down : undefined);
      assert.equal(await opened(keyring, edks), hex(dataKey.bytes));
      await rejection(keyring.generate(CONTEXT), 'unavailable');
    }
    double.fault = () => ({ cut: true });
    await rejection(keyring.unwrap(edks, CONTEXT), 'unavailable');
  });

  test('says to try again when one Region is down and the other does not open', async (t) => {
    t.after(() => (double.fault = undefined));
    const [here, there] = [double.createKey().arn, double.createKey({ region: THERE }).arn];
    const keyring = multiKeyring({ generator: keyringOf(here), wrappers: [keyringOf(there)] });
    const { edks } = await keyring.generate(CONTEXT);
    double.disableKey(here);
    await opened(keyring, edks);
    double.fault = (_, { KeyId }) => (KeyId === there ? { cut: true } : undefined);
    const error = await rejection(keyring.unwrap(edks, CONTEXT), 'unavailable');
    assert.match(error.message, /is disabled/, 'with what the other said');
  });
});

describe('awsKmsKeyring tells its failures apart', () => {
  beforeEach(() => (double.fault = undefined));

  const codes: readonly [what: string, code: ErrorCode, fail: (arn: string) => Disposable | void, message: RegExp][] = [
    ['disabled', 'key-disabled', (arn) => double.disableKey(arn), /is disabled in AWS KMS: enable it/],
    ['pending deletion', 'key-pending-deletion', (arn) => double.scheduleKeyDeletion(arn), /cancel its deletion/],
    ['gone', 'key-not-found', (arn) => double.removeKey(arn), /no such key/],
  ];
  for (const [what, code, fail, message] of codes) {
    test(`of a key that is ${what}: ${code}`, async () => {
      const { arn } = double.createKey();
      const keyring = keyringOf(arn);
      const { dataKey, edks } = await keyring.generate(CONTEXT);
      fail(arn);
      for (const call of everyCall(keyring, { dataKey, edks })) {
        const error = await rejection(call(), code);
        assert.match(error.message, message);
        assert.ok(error.message.includes(arn), 'it names the key');
        assert.equal(error.retryable, false);
      }
    });
  }

  test('of a primary key that waits for its replicas to be deleted: key-pending-deletion', async () => {
    const { arn } = double.createKey({ multiRegion: true });
    double.replicateKey(arn, THERE);
    double.scheduleKeyDeletion(arn);
    await rejection(keyringOf(arn).generate(CONTEXT), 'key-pending-deletion');
  });

  for (const [operation, action, of] of [
    ['generate', 'GenerateDataKey', 0],
    ['wrap', 'Encrypt', 1],
    ['unwrap', 'Decrypt', 2],
    ['rewrap', 'ReEncryptFrom', 3],
    ['rewrap', 'ReEncryptTo', 3],
  ] as const) {
    test(`of a caller without kms:${action} who would ${operation}: access-denied, naming both`, async () => {
      const { arn } = double.createKey();
      const keyring = keyringOf(arn);
      const generated = await keyring.generate(CONTEXT);
      using _ = double.deny(action, { arn });
      const error = await rejection(everyCall(keyring, generated)[of]!(), 'access-denied');
      assert.ok(error.message.includes(`${userArn('test')} may not kms:${action}`), error.message);
    });
  }

  test('of a key of an account that does not share it: access-denied', async () => {
    const arn = double.createKey().arn.replace('111122223333', '444455556666');
    await rejection(keyringOf(arn).generate(CONTEXT), 'access-denied');
  });

  test('of credentials that are not in force: access-denied', async () => {
    double.fault = () => ({ type: 'ExpiredTokenException' });
    const error = await rejection(keyringOf(double.createKey().arn).generate(CONTEXT), 'access-denied');
    assert.match(error.message, /credentials/);
  });

  test('of another key, another context or other bytes: wrong-key, naming all three', async () => {
    const [mine, theirs] = [double.createKey().arn, double.createKey().arn];
    const [edk] = (await keyringOf(theirs).generate(CONTEXT)).edks;
    const renamed: EncryptedDataKey = { ...edk!, providerInfo: utf8(mine) };
    for (const call of [
      () => keyringOf(mine).unwrap([renamed], CONTEXT),
      () => keyringOf(mine).rewrap([renamed], CONTEXT),
      () => keyringOf(theirs).unwrap([edk!], { ...CONTEXT, file: '43' }),
      () => keyringOf(theirs).rewrap([edk!], { ...CONTEXT, file: '43' }),
      () => keyringOf(theirs).unwrap([{ ...edk!, ciphertext: edk!.ciphertext.slice(1) }], CONTEXT),
      () => keyringOf(theirs).unwrap([{ ...edk!, ciphertext: new Uint8Array(0) }], CONTEXT),
      () => keyringOf(theirs).unwrap([{ ...edk!, ciphertext: new Uint8Array(7000) }], CONTEXT),
    ]) {
      assert.match((await rejection(call(), 'wrong-key')).message, /another key.*context differs.*bytes were changed/);
    }
  });

  for (const fault of [
    { type: 'ThrottlingException', message: 'Rate exceeded' },
    { type: 'LimitExceededException' },
    { type: 'KMSInternalException', status: 500 },
    { type: 'KeyUnavailableException', status: 500 },
    { type: 'DependencyTimeoutException', status: 503 },
    { type: 'KMSInvalidStateException', message: 'the key is Updating.' },
    { cut: true },
    { cut: true, when: 'after' },
  ] as KmsFault[]) {
    test(`of ${JSON.stringify(fault)}: unavailable, to be tried again`, async () => {
      using once = kmsClientsFor(double, { maxAttempts: 1 });
      const keyring = keyringOf(double.createKey().arn, once);
      const generated = await keyring.generate(CONTEXT);
      double.fault = () => fault;
      for (const call of everyCall(keyring, generated)) {
        assert.equal((await rejection(call(), 'unavailable')).retryable, true);
      }
    });
  }

  test('of a connection that is silent for too long: unavailable', async () => {
    using impatient = kmsClientsFor(double, { maxAttempts: 1, silenceTimeout: 50 });
    double.fault = () => ({ stall: 60_000 });
    await rejection(keyringOf(double.createKey().arn, impatient).generate(CONTEXT), 'unavailable');
  });

  for (const [fault, code] of [
    [{ type: 'KMSInvalidStateException', message: 'the key is pending import.' }, 'key-disabled'],
    [{ type: 'InvalidKeyUsageException' }, 'bad-key'],
    [{ type: 'InvalidGrantTokenException' }, 'access-denied'],
    [{ type: 'SomethingNewException' }, 'unexpected'],
  ] as [KmsFault, ErrorCode][]) {
    test(`of ${JSON.stringify(fault)}: ${code}`, async () => {
      double.fault = () => fault;
      await rejection(keyringOf(double.createKey().arn).generate(CONTEXT), code);
    });
  }

  test('asks again where KMS was asked too often, and no more often than it is told', async () => {
    const { arn } = double.createKey();
    double.calls.length = 0;
    double.fault = () => (double.calls.length === 1 ? { type: 'ThrottlingException' } : undefined);
    await keyringOf(arn).generate(CONTEXT);
    assert.equal(double.calls.length, 2);
    double.calls.length = 0;
    double.fault = () => ({ type: 'ThrottlingException' });
    await rejection(keyringOf(arn).generate(CONTEXT), 'unavailable');
    assert.equal(double.calls.length, 2);
  });

  test('with every third call throttled, all get through in the end', async () => {
    using patient = kmsClientsFor(double);
    const { arn } = double.createKey();
    const keyring = keyringOf(arn, patient);
    let calls = 0;
    double.fault = () => (calls++ % 3 === 0 ? { type: 'ThrottlingException' } : undefined);
    const made = await Promise.all(Array.from({ length: 5 }, () => keyring.generate(CONTEXT)));
    double.fault = undefined;
    for (const { dataKey, edks } of made) assert.equal(await opened(keyring, edks), hex(dataKey.bytes));
  });

  test('of a failure among several of its own: the one that may pass', async () => {
    const { arn } = double.createKey();
    const [edk] = (await keyringOf(arn).generate(CONTEXT)).edks;
    const damaged = { ...edk!, ciphertext: edk!.ciphertext.slice(1) };
    double.fault = (_, { CiphertextBlob }) =>
      Buffer.from(String(CiphertextBlob), 'base64').equals(edk!.ciphertext) ? { cut: true } : undefined;
    const error = await rejection(keyringOf(arn).unwrap([damaged, edk!], CONTEXT), 'unavailable');
    assert.match(error.message, /none of 2 keys.*another key.*did not answer/);
  });

  test('of no Region to ask in: bad-configuration', async () => {
    const region = async (): Promise<string> => {
      throw new Error('Region is missing');
    };
    const client = clients.of('nowhere');
    client.config.region = region;
    const keyring = awsKmsKeyring({ keyId: 'alias/some', region: 'nowhere', clients });
    await rejection(keyring.rewrap([], CONTEXT), 'bad-configuration');
  });
});

describe('awsKmsKeyring once its caller gives up', () => {
  test('lets go at once, though KMS is silent, and asks no further key', async (t) => {
    t.after(() => (double.fault = undefined));
    const keyring = keyringOf(double.createKey().arn);
    const generated = await keyring.generate(CONTEXT);
    const twice = { dataKey: generated.dataKey, edks: [...generated.edks, ...generated.edks] };
    for (const index of [0, 1, 2, 3]) {
      const controller = new AbortController();
      double.calls.length = 0;
      double.fault = () => {
        controller.abort();
        return { stall: 60_000 };
      };
      await rejection(everyCall(keyring, twice, controller.signal)[index]!(), 'cancelled');
      assert.equal(double.calls.length, 1);
    }
  });

  test('does not wait for the next try of the SDK', async (t) => {
    t.after(() => (double.fault = undefined));
    const controller = new AbortController();
    const { arn } = double.createKey();
    double.calls.length = 0;
    double.fault = () => {
      setImmediate(() => controller.abort());
      return { type: 'ThrottlingException' };
    };
    await rejection(keyringOf(arn).generate(CONTEXT, { signal: controller.signal }), 'cancelled');
    assert.equal(double.calls.length, 1);
  });
});

describe('awsKmsKeyring takes nothing in an answer for granted', () => {
  const other = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000';
  const changes: readonly [what: string, change: Record<string, unknown>, calls: readonly number[]][] = [
    ['another key', { KeyId: other }, [0, 1, 2, 3]],
    ['no key', { KeyId: undefined }, [0, 1, 2, 3]],
    ['an alias', { KeyId: other.replace(':key/', ':alias/') }, [0, 1, 2, 3]],
    ['another key that it came from', { SourceKeyId: other }, [3]],
    ['a data key that is too short', { Plaintext: Buffer.alloc(31, 0x5a).toString('base64') }, [0, 2]],
    ['no data key', { Plaintext: undefined }, [0, 2]],
    ['nothing that is encrypted', { CiphertextBlob: undefined }, [0, 1, 3]],
    ['something encrypted that is empty', { CiphertextBlob: '' }, [0, 1, 3]],
    ['something encrypted that is too long', { CiphertextBlob: Buffer.alloc(65_536).toString('base64') }, [0, 1, 3]],
  ];
  for (const [what, change, calls] of changes) {
    test(`refuses one with ${what}, and shows no data key`, async (t) => {
      t.after(() => (double.fault = undefined));
      const { arn } = double.createKey();
      const keyring = keyringOf(arn);
      const generated = await keyring.generate(CONTEXT);
      for (const index of calls) {
        const shown = generated.dataKey.bytes;
        double.fault = () => ({
          change: (answer) => ({ ...answer, Plaintext: Buffer.from(shown).toString('base64'), ...change }),
        });
        const error = await everyCall(keyring, generated)[index]!().then(
          () => assert.fail(`${index} took it`),
          (reason: unknown) => reason,
        );
        assert.ok(isSealroomError(error, 'unexpected') || isSealroomError(error, 'damaged'), String(error));
        assertShowsNot(error, shown);
      }
    });
  }

  test('wipes the data key of an answer that it refuses', async (t) => {
    t.after(() => (double.fault = undefined));
    const { arn } = double.createKey();
    using watched = kmsClientsFor(double, { maxAttempts: 1 });
    const plaintexts: Uint8Array[] = [];
    watched.of(HERE).middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { Plaintext } = result.output as { Plaintext?: Uint8Array };
        if (Plaintext !== undefined) plaintexts.push(Plaintext);
        return result;
      },
      { step: 'initialize' },
    );
    const keyring = keyringOf(arn, watched);
    const generated = await keyring.generate(CONTEXT);
    assert.ok(plaintexts[0]!.some((byte) => byte !== 0));
    double.fault = () => ({ change: (answer) => ({ ...answer, KeyId: other }) });
    await rejection(keyring.generate(CONTEXT), 'unexpected');
    await rejection(keyring.unwrap(generated.edks, CONTEXT), 'unexpected');
    double.fault = () => ({ change: (answer) => ({ ...answer, CiphertextBlob: '' }) });
    await rejection(keyring.generate(CONTEXT), 'unexpected');
    assert.equal(plaintexts.length, 4);
    for (const plaintext of plaintexts.slice(1)) {
      assert.equal(plaintext.length, 32);
      assert.ok(plaintext.every((byte) => byte === 0));
    }
    generated.dataKey[Symbol.dispose]();
    assert.ok(
      plaintexts[0]!.every((byte) => byte === 0),
      'the data key given out is the answer’s own memory',
    );
  });

  test('of one that cannot be read, shows nothing of it', async (t) => {
    t.after(() => (double.fault = undefined));
    const { arn } = double.createKey();
    const keyring = keyringOf(arn);
    const generated = await keyring.generate(CONTEXT);
    const Plaintext = Buffer.from(generated.dataKey.bytes).toString('base64');
    for (const broken of [
      `{"KeyId":"${arn}","Plaintext":"${Plaintext}"`,
      Plaintext,
      `{"KeyId":"${arn}","Plaintext":"${Plaintext}",}`,
      `<html>${Plaintext}</html>`,
      `{"Plaintext":{"${Plaintext}":"${Plaintext}"}}`,
    ]) {
      double.fault = () => ({ change: () => broken });
      for (const index of [0, 2]) {
        const error = await everyCall(keyring, generated)[index]!().then(
          () => assert.fail(`${index} took ${broken}`),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof SealroomError);
        assertShowsNot(error, generated.dataKey.bytes);
        assert.ok(!(error.cause instanceof SyntaxError), 'the error of the parser has the text');
      }
    }
    double.fault = () => ({ type: 'ValidationException', message: `of ${Plaintext}` });
    assertShowsNot(await rejection(keyring.generate(CONTEXT), 'usage'), generated.dataKey.bytes);
  });
});

describe('rewrap', () => {
  beforeEach(() => (double.calls.length = 0));

  test('brings a data key from one key to another in one call that does not show it', async () => {
    const [from, to] = [double.createKey().arn, double.createKey().arn];
    const { dataKey, edks } = await keyringOf(from).generate(CONTEXT);
    const edk = await keyringOf(to).rewrap(edks, CONTEXT);
    assert.equal(fromUtf8(edk!.providerInfo), to);
    const { operation, input } = double.calls.at(-1)!;
    assert.equal(operation, 'ReEncrypt');
    const { CiphertextBlob: _, ...rest } = input;
    assert.deepEqual(rest, {
      SourceKeyId: from,
      SourceEncryptionContext: CONTEXT,
      DestinationKeyId: to,
      DestinationEncryptionContext: CONTEXT,
      GrantTokens: [],
    });
    assert.equal(double.calls.length, 2);
    assert.equal(await opened(keyringOf(to), [edk!]), hex(dataKey.bytes));
  });

  test('moves a data key to a newer version of its own key', async () => {
    const { arn } = double.createKey();
    const { dataKey, edks } = await keyringOf(arn).generate(CONTEXT);
    double.rotateKey(arn);
    const edk = await keyringOf(arn).rewrap(edks, CONTEXT);
    assert.notDeepEqual(edk!.ciphertext, edks[0]!.ciphertext);
    assert.equal(await opened(keyringOf(arn), [edk!]), hex(dataKey.bytes));
  });

  test('resolves null, without a call, when KMS of its Region holds none of the keys', async () => {
    const there = await keyringOf(double.createKey({ region: THERE }).arn).generate(CONTEXT);
    const foreign = { ...there.edks[0]!, providerId: 'sealroom' };
    const replicated = double.createKey({ region: THERE, multiRegion: true }).arn;
    const elsewhere = { ...there.edks[0]!, providerInfo: utf8(replicated.replace(':aws:', ':aws-cn:')) };
    double.calls.length = 0;
    const keyring = keyringOf(double.createKey().arn);
    assert.equal(await keyring.rewrap([...there.edks, foreign, elsewhere], CONTEXT), null);
    assert.equal(await keyring.rewrap([], CONTEXT), null);
    assert.equal(double.calls.length, 0);
  });

  test('opens through its own Region’s replica, and resolves null where there is none', async () => {
    const primary = double.createKey({ multiRegion: true }).arn;
    const { dataKey, edks } = await keyringOf(primary).generate(CONTEXT);
    const keyring = keyringOf(double.createKey({ region: THERE }).arn);
    assert.equal(await keyring.rewrap(edks, CONTEXT), null);
    const replica = double.replicateKey(primary, THERE).arn;
    const edk = await keyring.rewrap(edks, CONTEXT);
    assert.equal(double.calls.at(-1)!.input['SourceKeyId'], replica);
    assert.equal(await opened(keyring, [edk!]), hex(dataKey.bytes));
  });

  test('takes the next that KMS can open when one fails', async () => {
    const [first, second, to] = [double.createKey().arn, double.createKey().arn, double.createKey().arn];
    const { dataKey, edks } = await keyringOf(first).generate(CONTEXT);
    const all = [...edks, ...(await keyringOf(second).wrap(dataKey, CONTEXT))];
    double.disableKey(first);
    const edk = await keyringOf(to).rewrap(all, CONTEXT);
    assert.equal(await opened(keyringOf(to), [edk!]), hex(dataKey.bytes));
    double.disableKey(second);
    await rejection(keyringOf(to).rewrap(all, CONTEXT), 'key-disabled');
  });

  test('to an alias writes the key that it stands for', async () => {
    const [from, to] = [double.createKey().arn, double.createKey().arn];
    const { edks } = await keyringOf(from).generate(CONTEXT);
    const { name } = double.createAlias('to', to);
    const edk = await awsKmsKeyring({ keyId: name, region: HERE, clients }).rewrap(edks, CONTEXT);
    assert.equal(fromUtf8(edk!.providerInfo), to);
  });

  test('does nothing once the signal has fired', async () => {
    const keyring = keyringOf(double.createKey().arn);
    const { edks } = await keyring.generate(CONTEXT);
    await rejection(keyring.rewrap(edks, CONTEXT, { signal: AbortSignal.abort() }), 'cancelled');
  });
});

describe('awsKmsDiscoveryKeyring', () => {
  beforeEach(() => (double.calls.length = 0));

  test('opens with the key that is named, in its own Region', async () => {
    for (const region of [HERE, THERE]) {
      const { arn } = double.createKey({ region });
      const { dataKey, edks } = await keyringOf(arn).generate(CONTEXT);
      assert.equal(await opened(discovery(), edks), hex(dataKey.bytes));
      const { region: asked, input } = double.calls.at(-1)!;
      assert.deepEqual([asked, input['KeyId']], [region, arn]);
    }
  });

  test('wraps nothing', async () => {
    await rejection(discovery().generate(CONTEXT), 'bad-key');
    using dataKey = new DataKey(Buffer.alloc(32));
    await rejection(discovery().wrap(dataKey, CONTEXT), 'bad-key');
  });

  test('asks no key of another partition, another account, or another Region than the one it is for', async () => {
    const { arn } = double.createKey();
    const { dataKey, edks } = await keyringOf(arn).generate(CONTEXT);
    double.calls.length = 0;
    for (const options of [
      { partition: 'aws-cn' },
      { accounts: ['444455556666'] },
      { region: THERE },
    ] as Partial<AwsKmsDiscoveryOptions>[]) {
      assert.equal(await discovery(options).unwrap(edks, CONTEXT), null);
    }
    assert.equal(double.calls.length, 0);
    const accounts = ['444455556666', '111122223333'];
    assert.equal(await opened(discovery({ accounts, region: HERE }), edks), hex(dataKey.bytes));
  });

  test('asks the replica of a multi-Region key in the Region that it is for', async () => {
    const primary = double.createKey({ multiRegion: true }).arn;
    const replica = double.replicateKey(primary, THERE).arn;
    const { dataKey, edks } = await keyringOf(primary).generate(CONTEXT);
    assert.equal(await opened(discovery({ region: THERE }), edks), hex(dataKey.bytes));
    assert.equal(double.calls.at(-1)!.input['KeyId'], replica);
    await rejection(discovery({ region: 'ap-south-1' }).unwrap(edks, CONTEXT), 'key-not-found');
  });

  test('asks no host that a message makes up', async () => {
    const { arn } = double.createKey();
    const [edk] = (await keyringOf(arn).generate(CONTEXT)).edks;
    const asked: (string | undefined)[] = [];
    const watching = Object.assign(Object.create(clients) as KmsClients, {
      of: (region: string | undefined) => {
        asked.push(region);
        return clients.of(HERE);
      },
    });
    for (const region of ['evil.example/#', 'evil.example', 'a@evil', 'A']) {
      const providerInfo = utf8(arn.replace(HERE, region));
      assert.equal(await discovery({ clients: watching }).unwrap([{ ...edk!, providerInfo }], CONTEXT), null);
    }
    assert.deepEqual(asked, []);
  });

  test('goes on to the next that is named when one fails', async () => {
    const [first, second] = [double.createKey().arn, double.createKey().arn];
    const { dataKey, edks } = await keyringOf(first).generate(CONTEXT);
    const all = [...edks, ...(await keyringOf(second).wrap(dataKey, CONTEXT))];
    double.disableKey(first);
    assert.equal(await opened(discovery(), all), hex(dataKey.bytes));
    double.disableKey(second);
    const error = await rejection(discovery().unwrap(all, CONTEXT), 'key-disabled');
    assert.match(error.message, new RegExp(`${first}.*${second}`));
  });

  test('refuses an answer that names another key than the one asked for', async (t) => {
    t.after(() => (double.fault = undefined));
    const { arn } = double.createKey();
    const { edks } = await keyringOf(arn).generate(CONTEXT);
    const other = double.createKey().arn;
    double.fault = () => ({ change: (answer) => ({ ...answer, KeyId: other }) });
    await rejection(discovery().unwrap(edks, CONTEXT), 'unexpected');
  });
});

function discovery(options: Partial<AwsKmsDiscoveryOptions> = {}): Keyring {
  return awsKmsDiscoveryKeyring({ partition: 'aws', accounts: [], clients, ...options });
}

/** Generate, wrap, unwrap, rewrap. */
function everyCall(
  keyring: Keyring & Rewrapper,
  { dataKey, edks }: { readonly dataKey: DataKey; readonly edks: readonly EncryptedDataKey[] },
  signal?: AbortSignal,
): readonly (() => Promise<unknown>)[] {
  return [
    () => keyring.generate(CONTEXT, { signal }),
    () => keyring.wrap(dataKey, CONTEXT, { signal }),
    () => keyring.unwrap(edks, CONTEXT, { signal }),
    () => keyring.rewrap(edks, CONTEXT, { signal }),
  ];
}

async function opened(keyring: Keyring, edks: readonly EncryptedDataKey[]): Promise<string | null> {
  using dataKey = await keyring.unwrap(edks, CONTEXT);
  return dataKey && hex(dataKey.bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
