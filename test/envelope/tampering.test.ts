import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../../src/bytes.ts';
import { decryptRange } from '../../src/envelope/decrypt.ts';
import { encrypt } from '../../src/envelope/encrypt.ts';
import { inspect } from '../../src/envelope/inspect.ts';
import { patterned } from '../../src/testing/test-bytes.ts';
import { decryptAll, expectRefusal, outcomeOf } from '../support/opened.ts';
import { recordedAccess } from '../support/random-access.ts';
import { referenceFrames, referenceHeader, referencePiece } from '../support/reference.ts';
import { staticKeyring } from '../support/static-keyring.ts';

const SECRET = patterned(32, 5);
const keyring = staticKeyring(SECRET);
const PLAINTEXT = patterned(37);
const KEY = { dataKey: SECRET, messageId: patterned(32, 6), frameLength: 16 };

const written = (): Promise<Uint8Array> =>
  collect(encrypt(PLAINTEXT, { keyring, context: { a: 'b' }, frameLength: 16 }));

/** Both doors: whole, and as a range from the beginning to the end. */
async function refusedByBoth(message: Uint8Array, plaintext: Uint8Array, where: string): Promise<string[]> {
  const whole = await decryptAll(message, { keyring });
  const ranged = await outcomeOf(decryptRange(recordedAccess(message), { keyring, range: { start: 0 } }));
  return [expectRefusal(whole, plaintext, where), expectRefusal(ranged, plaintext, `${where}, by range`)];
}

describe('a message that was written here', () => {
  test('is refused at every flipped bit', async () => {
    const message = await written();
    for (let bit = 0; bit < message.length * 8; bit++) {
      const changed = message.slice();
      changed[bit >> 3]! ^= 0x80 >> (bit & 7);
      const outcome = await decryptAll(changed, { keyring });
      expectRefusal(outcome, PLAINTEXT, `bit ${bit}`);
    }
  });

  test('is refused by range at every byte of its final frame that is changed', async () => {
    const message = await written();
    for (let at = message.length - 45; at < message.length; at++) {
      const changed = message.slice();
      changed[at]! ^= 1;
      const access = recordedAccess(changed);
      expectRefusal(await outcomeOf(decryptRange(access, { keyring, range: { start: 0 } })), PLAINTEXT, `byte ${at}`);
    }
  });

  test('is refused wherever it is cut, even where a frame ends', async () => {
    const message = await written();
    for (let length = 0; length < message.length; length++) {
      const [whole] = await refusedByBoth(message.subarray(0, length), PLAINTEXT, `cut to ${length}`);
      assert.equal(whole, 'truncated');
    }
  });

  test('is refused by range wherever it is cut, however its frames then seem to end', async () => {
    // Cut so that a regular frame has the length which a final one would have.
    for (const frameLength of [1, 8, 9, 16, 40]) {
      const plaintext = patterned(frameLength * 5);
      const message = await collect(encrypt(plaintext, { keyring, frameLength }));
      for (let length = 0; length < message.length; length++) {
        const access = recordedAccess(message.subarray(0, length));
        const outcome = await outcomeOf(decryptRange(access, { keyring, range: { start: 0 } }));
        expectRefusal(outcome, plaintext, `frames of ${frameLength} cut to ${length}`);
      }
    }
  });

  test('is refused with anything after it', async () => {
    const message = await written();
    for (const more of [Buffer.of(0), Buffer.of(0xff), Buffer.alloc(5000), message]) {
      const [whole] = await refusedByBoth(Buffer.concat([message, more]), PLAINTEXT, `${more.length} bytes more`);
      assert.equal(whole, 'trailing-bytes');
    }
  });

  test('is refused with frames swapped, dropped, repeated or renumbered', async () => {
    const message = Buffer.from(await written());
    const { headerLength, frames } = await inspect(message);
    assert.equal(frames, 3);
    const header = message.subarray(0, headerLength);
    const [one, two] = [0, 1].map((index) =>
      message.subarray(headerLength + index * 48, headerLength + (index + 1) * 48),
    );
    const final = message.subarray(headerLength + 96);
    const renumbered = (frame: Buffer, sequence: number): Buffer => {
      const copy = Buffer.from(frame);
      copy.writeUInt32BE(sequence, copy.readUInt32BE() === 0xffff_ffff ? 4 : 0);
      return copy;
    };
    const bodies: readonly [string, readonly Buffer[]][] = [
      ['swapped', [two!, one!, final]],
      ['swapped and renumbered', [renumbered(two!, 1), renumbered(one!, 2), final]],
      ['first dropped', [two!, final]],
      ['first dropped and renumbered', [renumbered(two!, 1), renumbered(final, 2)]],
      ['second dropped', [one!, final]],
      ['second dropped and renumbered', [one!, renumbered(final, 2)]],
      ['first repeated', [one!, one!, two!, final]],
      ['first repeated and renumbered', [one!, renumbered(one!, 2), renumbered(two!, 3), renumbered(final, 4)]],
      ['final repeated', [one!, two!, final, final]],
      ['final first', [final, one!, two!]],
      ['only final', [final]],
      ['only final, renumbered', [renumbered(final, 1)]],
      ['no final', [one!, two!]],
    ];
    for (const [name, pieces] of bodies) await refusedByBoth(Buffer.concat([header, ...pieces]), PLAINTEXT, name);
  });

  test('is refused with a frame of another message under the same data key', async () => {
    const [message, other] = [Buffer.from(await written()), Buffer.from(await written())];
    const { headerLength } = await inspect(message);
    for (const [start, end] of [
      [0, 48],
      [48, 96],
      [96, undefined],
    ] as const) {
      const spliced = Buffer.from(message);
      other.subarray(headerLength + start, end && headerLength + end).copy(spliced, headerLength + start);
      await refusedByBoth(spliced, PLAINTEXT, `frame at ${start}`);
    }
    await refusedByBoth(
      Buffer.concat([message.subarray(0, headerLength), other.subarray(headerLength)]),
      PLAINTEXT,
      'body',
    );
  });

  test('is refused with a piece of another kind in its place', async () => {
    const header = referenceHeader(KEY);
    const text = patterned(16);
    const [frame, final] = [referencePiece(KEY, 'frame', 1, text), referencePiece(KEY, 'final', 1, text)];
    const frameAsFinal = Buffer.concat([
      Buffer.from('ffffffff', 'hex'),
      frame.subarray(0, 16),
      final.subarray(20, 24),
      frame.subarray(16),
    ]);
    assert.equal(frameAsFinal.length, final.length);
    await refusedByBoth(Buffer.concat([header, frameAsFinal]), new Uint8Array(0), 'a regular frame as the final one');
    const finalAsFrame = Buffer.concat([final.subarray(4, 20), final.subarray(24)]);
    assert.equal(finalAsFrame.length, frame.length);
    const rest = referencePiece(KEY, 'final', 2, text);
    await refusedByBoth(
      Buffer.concat([header, finalAsFrame, rest]),
      new Uint8Array(0),
      'the final frame as a regular one',
    );
  });

  test('is refused by range when its body is longer or shorter than its frames', async () => {
    const plaintext = patterned(80);
    const frames = referenceFrames(KEY, plaintext);
    const message = (pieces: readonly Buffer[]): Buffer => Buffer.concat([referenceHeader(KEY), ...pieces]);
    for (const [name, pieces] of [
      ['a frame dropped', frames.toSpliced(1, 1)],
      ['the final frame dropped', frames.slice(0, -1)],
      ['a frame added', [...frames, referencePiece(KEY, 'frame', 6, patterned(16))]],
      ['some bytes added', [...frames, Buffer.alloc(7)]],
    ] as const) {
      const access = recordedAccess(message(pieces));
      expectRefusal(await outcomeOf(decryptRange(access, { keyring, range: { start: 0 } })), plaintext, name);
    }
  });
});
