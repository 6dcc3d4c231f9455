/** The one place that says which cipher is used. */
import type { Cipher } from './cipher.ts';
import { nodeCipher } from './node.ts';

export const cipher: Cipher = nodeCipher;
