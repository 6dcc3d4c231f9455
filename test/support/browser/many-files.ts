import type { RemoteFiles } from '../../../src/client/index.ts';

const AT_ONCE = 8;

/** Puts so many small files, named `file 0.txt` and so on; the last is the newest. */
export async function manyFiles(files: RemoteFiles, count: number): Promise<void> {
  const put = (index: number): Promise<unknown> =>
    files.put(Buffer.from(`content of file ${index}`), { name: `file ${index}.txt`, type: 'text/plain' });
  // The first and the last one alone, so that it is known which they are.
  await put(0);
  let next = 1;
  const putMany = async (): Promise<void> => {
    while (next < count - 1) await put(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, putMany));
  if (count > 1) await put(count - 1);
}
