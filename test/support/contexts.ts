import * as fc from 'fast-check';
import type { EncryptionContext } from '../../src/message/context.ts';

/** Any encryption context, of well-formed text. */
export const anyContext: fc.Arbitrary<EncryptionContext> = fc
  .uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), {
    selector: ([name]) => name,
    maxLength: 8,
  })
  .map((pairs) => Object.fromEntries(pairs));
