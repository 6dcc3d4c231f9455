/**
 * The AWS Encryption SDK for JavaScript as a program that is measured. Prints the milliseconds that its work took,
 * without its start, in its favour.
 *
 *     node bench/programs/client-node.ts encrypt IN OUT [FRAME-LENGTH]
 *     node bench/programs/client-node.ts decrypt IN OUT
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  buildClient,
} from '@aws-crypto/client-node';
import { millisecondsOf } from '../support/rounds.ts';

/** Anybody's: it protects nothing. */
const WRAPPING_KEY = new Uint8Array(32).fill(7);

const [verb, from, to, frameLength] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error('client-node.ts encrypt|decrypt IN OUT [FRAME-LENGTH]');
const { encryptStream, decryptStream } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const keyring = new RawAesKeyringNode({
  keyNamespace: 'sealroom',
  keyName: 'bench',
  unencryptedMasterKey: WRAPPING_KEY,
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
});
const transform =
  verb === 'encrypt'
    ? encryptStream(keyring, {
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
        ...(frameLength === undefined ? {} : { frameLength: Number(frameLength) }),
      })
    : decryptStream(keyring);
const chunk = { highWaterMark: 1024 * 1024 };
const milliseconds = await millisecondsOf(() =>
  pipeline(createReadStream(from, chunk), transform, createWriteStream(to, chunk)),
);
process.stdout.write(`${milliseconds}`);
