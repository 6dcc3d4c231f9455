/** The keyrings of the AWS Encryption SDK for JavaScript, to compare with. */
import { createSecretKey } from 'node:crypto';
import {
  AlgorithmSuiteIdentifier,
  EncryptedDataKey as PeerEncryptedDataKey,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/client-node';
import type { KeyringNode } from '@aws-crypto/client-node';
import type { EncryptionContext } from '../../src/message/context.ts';
import type { EncryptedDataKey } from '../../src/message/edk.ts';

const suite = new NodeAlgorithmSuite(AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY);

/** Has the peer make a data key and wrap it. */
export async function peerGenerate(
  peer: KeyringNode,
  context: EncryptionContext,
): Promise<{ secret: Uint8Array; edks: EncryptedDataKey[] }> {
  const material = await peer.onEncrypt(new NodeEncryptionMaterial(suite, { ...context }));
  return {
    secret: bytesOf(material),
    edks: material.encryptedDataKeys.map(({ providerId, providerInfo, rawInfo, encryptedDataKey }) => ({
      providerId,
      providerInfo: rawInfo ?? new TextEncoder().encode(providerInfo),
      ciphertext: encryptedDataKey,
    })),
  };
}

/** Has the peer open what was wrapped elsewhere. */
export async function peerUnwrap(
  peer: KeyringNode,
  edks: readonly EncryptedDataKey[],
  context: EncryptionContext,
): Promise<Uint8Array> {
  const material = await peer.onDecrypt(
    new NodeDecryptionMaterial(suite, { ...context }),
    edks.map(({ providerId, providerInfo, ciphertext }) => {
      const text = new TextDecoder().decode(providerInfo);
      return new PeerEncryptedDataKey({
        providerId,
        providerInfo: text,
        rawInfo: providerInfo,
        encryptedDataKey: ciphertext,
      });
    }),
  );
  return bytesOf(material);
}

function bytesOf(material: NodeEncryptionMaterial | NodeDecryptionMaterial): Uint8Array {
  const key = unwrapDataKey(material.getUnencryptedDataKey());
  return Uint8Array.from(createSecretKey(key).export());
}
