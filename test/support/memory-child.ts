/** Encrypts and decrypts a long stream and prints how much memory the process needed at most, in bytes. */
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { peakMemory } from './peak-memory.ts';
import { staticKeyring } from './static-keyring.ts';

const length = Number(process.argv[2]);
const chunk = patterned(64 * 1024);

async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = length; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

const keyring = staticKeyring();
const { body } = await decrypt(encrypt(source(), { keyring }), { keyring });
let read = 0;
for await (const part of body) read += part.length;
process.stdout.write(`${JSON.stringify({ read, resident: peakMemory() })}\n`);
