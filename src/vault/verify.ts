/** Opening all of a file to see that it is whole. */
import { frameCount } from '../message/frames.ts';
import type { CallOptions } from '../ports.ts';
import type { VaultCore } from './core.ts';
import type { Verification } from './files.ts';
import { wholePlaintext } from './segments.ts';
import { readRecord, statOf } from './record-access.ts';
import type { FilePlace } from './record-access.ts';

export async function verify(core: VaultCore, place: FilePlace, { signal }: CallOptions = {}): Promise<Verification> {
  const opened = await readRecord(core, place, { signal });
  for await (const _ of wholePlaintext(core, opened, { signal }));
  const frames = opened.record.segments.map(({ size, frameLength }) => frameCount(size, frameLength));
  return { stat: statOf(opened), frames: frames.reduce((sum, count) => sum + count, 0) };
}
