/**
 * The real cipher, which notes each message that it seals frames of, by its id, before it does: in the file that its
 * address names, so that what was noted outlives the process. Loaded in its place by `use-noting-cipher.ts`.
 */
import { appendFileSync } from 'node:fs';
import type { Cipher } from '../../src/cipher/cipher.ts';
import { nodeCipher } from '../../src/cipher/node.ts';

const file = decodeURIComponent(new URL(import.meta.url).search.slice(1));
/** The sequence number that is next, of each message. */
const next = new Map<string, number>();

export const cipher: Cipher = {
  ...nodeCipher,

  sealFrames(frames, plaintext, position, out) {
    const id = Buffer.from(frames.messageId).toString('hex');
    const { firstSequence, final } = position;
    const expected = next.get(id);
    if (expected === undefined) appendFileSync(file, `${id}\n`);
    if (firstSequence !== (expected ?? 1)) appendFileSync(file, `${id} again at ${firstSequence}\n`);
    next.set(id, final ? Infinity : firstSequence + Math.ceil(plaintext.length / frames.frameLength));
    return nodeCipher.sealFrames(frames, plaintext, position, out);
  },
};
