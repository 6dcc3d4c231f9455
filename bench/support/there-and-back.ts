/** A large file through the service and back, and what that takes of the server. */
import { uploadPiped, downloadPiped } from './curl.ts';
import type { CurlPlace } from './curl.ts';
import { NumberedBlocks } from './numbered-blocks.ts';
import { forgetPeak, peakResident, processorSeconds } from './process-facts.ts';
import { millisecondsOf } from './rounds.ts';

export interface Taken {
  readonly seconds: number;
  /** Of the server. */
  readonly processorSeconds: number;
  /** Most memory that the server had resident meanwhile, in bytes. */
  readonly peak: number;
}

export interface ThereAndBack {
  readonly id: string;
  readonly upload: Taken;
  readonly download: Taken;
}

/** Uploads `size` bytes from a pipe, then downloads them and compares every one. */
export async function thereAndBack(
  place: CurlPlace,
  { pid, size }: { readonly pid: number; readonly size: number },
): Promise<ThereAndBack> {
  const blocks = new NumberedBlocks();
  let id = '';
  const upload = await taken(pid, async () => {
    id = await uploadPiped(place, blocks.bytes(size));
  });
  const download = await taken(pid, () => downloadPiped(place, id, (body) => blocks.check(body, size)));
  return { id, upload, download };
}

async function taken(pid: number, work: () => Promise<void>): Promise<Taken> {
  await forgetPeak(pid);
  const before = await processorSeconds(pid);
  const milliseconds = await millisecondsOf(work);
  return {
    seconds: milliseconds / 1000,
    processorSeconds: (await processorSeconds(pid)) - before,
    peak: await peakResident(pid),
  };
}
