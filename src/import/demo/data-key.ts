/** The data key of an upload, as the demonstration application had it made. */
import { DecryptCommand } from '@aws-sdk/client-kms';
import type { KmsClients } from '../../aws/kms-clients.ts';
import { kmsError } from '../../aws/kms-failure.ts';
import { sendOptions } from '../../aws/send-options.ts';
import { DataKey } from '../../data-key.ts';
import { SealroomError } from '../../errors.ts';
import type { CallOptions } from '../../ports.ts';

const LENGTH = 32;

/**
 * Opens the encrypted data key of an item without encryption context, as it was made. The caller disposes the key.
 *
 * @throws SealroomError `damaged` when it is no key of AES-256
 */
export async function openDataKey(
  kms: KmsClients,
  { id, encryptedDataKey }: { readonly id: string; readonly encryptedDataKey: Uint8Array | undefined },
  { region, signal }: CallOptions & { readonly region?: string | undefined },
): Promise<DataKey> {
  if (encryptedDataKey === undefined || encryptedDataKey.length === 0) {
    throw new SealroomError('damaged', `the item ${id} has no encrypted data key`);
  }
  const command = new DecryptCommand({ CiphertextBlob: encryptedDataKey });
  const { Plaintext: plaintext = new Uint8Array(0) } = await kms
    .of(region)
    .send(command, sendOptions({ signal }))
    .catch((error: unknown) => {
      throw kmsError(error, { thing: `the key of the item ${id}`, opens: true, signal });
    });
  const key = new DataKey(plaintext);
  if (key.length === LENGTH) return key;
  const { length } = key;
  key[Symbol.dispose]();
  throw new SealroomError(
    'damaged',
    `the data key of the item ${id} has ${length} bytes, not the ${LENGTH} of AES-256`,
  );
}
