/** Reading a file: whole, or by a range that opens only the frames it lies in. */
import { ownPieces } from '../envelope/buffers.ts';
import { startedStream } from '../envelope/stream.ts';
import { satisfiableRange } from '../message/frames.ts';
import type { VaultCore } from './core.ts';
import type { GetOptions, GetResult } from './files.ts';
import { readRecord, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';
import { rangePlaintext, wholePlaintext } from './segments.ts';

export async function get(core: VaultCore, place: FilePlace, { range, signal }: GetOptions = {}): Promise<GetResult> {
  const opened = await readRecord(core, place, { signal });
  const { size } = opened.metadata;
  if (range === undefined) {
    const body = await startedStream(wholePlaintext(core, opened, { memory: ownPieces, signal }));
    return { stat: statOf(opened), range: { start: 0, end: size }, body };
  }
  const satisfiable = satisfiableRange(range, size);
  const body = await startedStream(rangePlaintext(core, opened, { range: satisfiable, memory: ownPieces, signal }));
  return { stat: statOf(opened), range: satisfiable, body };
}
