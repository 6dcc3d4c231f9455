/** A stream of a known length that is opened again where it breaks. */
import { SealroomError } from '../errors.ts';

export interface ResumedOptions<Stream extends AsyncIterable<Uint8Array>> {
  readonly size: number;
  /** The stream as it was opened at its start. */
  readonly first: Stream;
  readonly open: (start: number) => Promise<Stream>;
  /** The error to end with, or undefined where it makes sense to open the stream again. */
  readonly failure: (error: unknown) => SealroomError | undefined;
}

/** Breaks in a row, each before so many bytes came, after which nothing better is expected. */
const BREAKS = 5;
const PROGRESS = 64 * 1024;

/** @throws SealroomError `unavailable` when it breaks again and again */
export async function* resumed<Stream extends AsyncIterable<Uint8Array>>({
  size,
  first,
  open,
  failure,
}: ResumedOptions<Stream>): AsyncGenerator<Uint8Array, void, undefined> {
  let stream = first;
  let position = 0;
  let start = 0;
  for (let breaks = 0; ;) {
    let reason: unknown;
    try {
      for await (const chunk of stream) {
        position += chunk.length;
        yield chunk;
      }
    } catch (error) {
      const final = failure(error);
      if (final !== undefined) throw final;
      reason = error;
    }
    if (position > size) throw new SealroomError('unexpected', 'a store gave more bytes than it said an object has');
    // One that ends early without an error is broken, too.
    if (position === size) return;
    breaks = position - start >= PROGRESS ? 1 : breaks + 1;
    if (breaks >= BREAKS) {
      throw new SealroomError('unavailable', 'the connection broke again and again', { cause: reason });
    }
    start = position;
    stream = await open(position);
  }
}
