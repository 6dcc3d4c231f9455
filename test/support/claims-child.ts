/** Opens messages that claim frames of 4 GiB and a block of 1 GiB, and writes frames of 4 GiB; prints what memory that took. */
import { collect } from '../../src/bytes.ts';
import { decrypt } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { isSealroomError } from '../../src/errors.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { decryptAll } from './opened.ts';
import { peakMemory } from './peak-memory.ts';
import { referenceHeader, uint } from './reference.ts';
import { staticKeyring } from './static-keyring.ts';

const dataKey = patterned(32, 5);
const keyring = staticKeyring(dataKey);
const key = { dataKey, messageId: patterned(32, 6) };
const hugeFrames = Buffer.concat([referenceHeader({ ...key, frameLength: 0xffff_ffff }), uint(1, 4), Buffer.alloc(6)]);
const hugeBlock = Buffer.concat([
  referenceHeader({ ...key, contentType: 1, frameLength: 0 }),
  Buffer.alloc(12),
  uint(2 ** 30, 8),
]);

const before = peakMemory();
const codes: string[] = [];
for (const message of [hugeFrames, hugeBlock]) {
  const { error } = await decryptAll(message, { keyring });
  codes.push(isSealroomError(error) ? error.code : String(error));
}
const written = await collect(encrypt(patterned(10), { keyring, frameLength: 0xffff_ffff }));
const opened = await collect((await decrypt(written, { keyring })).body);
codes.push(`opened ${opened.length}`);
process.stdout.write(`${JSON.stringify({ growth: peakMemory() - before, codes })}\n`);
