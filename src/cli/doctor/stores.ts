/** Whether the stores of a vault do what its ports ask of them: tried with a blob and an item of their own. */
import { chunksOf, collect, utf8 } from '../../bytes.ts';
import { SealroomError, isSealroomError } from '../../errors.ts';
import type { BlobStore, Catalog, Item } from '../../ports.ts';
import { randomBase32, randomBlobKey, randomVersion } from '../../vault/identifiers.ts';
import type { Examination } from './attempt.ts';

const PROBE = utf8('sealroom doctor');
const RANGE = { start: 9, end: 15 };
const HOUR = 60 * 60 * 1000;

/** Writes a blob of a few bytes, reads it and removes it. */
export async function probeBlobs(blobs: BlobStore, examination: Examination, signal: AbortSignal): Promise<void> {
  // No journal entry names it: should this process be killed now, a few bytes stay that are no secret.
  const key = randomBlobKey();
  const put = (): Promise<void> => blobs.put(key, chunksOf(PROBE), { size: PROBE.length, signal });
  try {
    if ((await examination.attempt('blob write', 'taken', put)) === undefined) {
      // It may have arrived all the same, and is not missed.
      await blobs.remove(key).catch(() => undefined);
      return;
    }
    await examination.attempt('blob read', 'what was written', () => expectBytes(blobs.get(key, { signal }), PROBE));
    await examination.attempt('blob range', 'what was asked for', () =>
      expectBytes(blobs.get(key, { range: RANGE, signal }), PROBE.subarray(RANGE.start, RANGE.end)),
    );
    await examination.attempt('blob remove', 'gone', async () => {
      await blobs.remove(key);
      await expectRefusal(() => blobs.get(key, { signal }), 'not-found', 'was found after it was removed');
    });
  } catch (error) {
    // Whoever gives up leaves nothing.
    await blobs.remove(key).catch(() => undefined);
    throw error;
  }
}

/** Writes an item, reads it and removes it. It has a partition of its own, and would expire by itself. */
export async function probeCatalog(catalog: Catalog, examination: Examination, signal: AbortSignal): Promise<void> {
  const place = { partition: 'doctor', sort: randomBase32(16) };
  const item: Item = { ...place, version: randomVersion(), expires: Date.now() + HOUR, data: PROBE };
  const put = (): Promise<void> => catalog.write([{ type: 'put', item, expect: null }], { signal });
  if ((await examination.attempt('record write', 'taken', put)) === undefined) return;
  const again = { ...item, version: randomVersion() };
  await examination.attempt('record overwrite', 'refused', () =>
    expectRefusal(
      () => catalog.write([{ type: 'put', item: again, expect: null }], { signal }),
      'conflict',
      'took the place of another',
    ),
  );
  await examination.attempt('record read', 'what was written', async () => {
    const found = await catalog.get(place.partition, place.sort, { signal });
    const page = await catalog.list(place.partition, { prefix: place.sort, limit: 2, signal });
    if (found?.version !== item.version || page.items[0]?.version !== item.version) {
      throw new SealroomError('damaged', 'the catalog gave something else than what was written just before');
    }
  });
  const other = { partition: place.partition, sort: randomBase32(16) };
  // Whoever may write an item need not be allowed to check another in the same write, as most writes of a vault do.
  const both = (): Promise<void> =>
    catalog.write(
      [
        { type: 'put', item: again, expect: item.version },
        { type: 'check', ...other, expect: null },
      ],
      { signal },
    );
  const changed = await examination.attempt('record transaction', 'taken whole', both);
  await examination.attempt('record remove', 'gone', async () => {
    const { version } = changed === undefined ? item : again;
    await catalog.write([{ type: 'remove', ...place, expect: version }]);
    if ((await catalog.get(place.partition, place.sort, { signal })) === undefined) return;
    throw new SealroomError('damaged', 'the catalog still has an item that was removed');
  });
}

async function expectBytes(reading: Promise<AsyncIterable<Uint8Array>>, expected: Uint8Array): Promise<void> {
  if (Buffer.from(await collect(await reading)).equals(expected)) return;
  throw new SealroomError('damaged', 'the store gave other bytes than were written just before');
}

/** @param otherwise what is wrong with a store that does it */
async function expectRefusal(
  call: () => Promise<unknown>,
  code: 'conflict' | 'not-found',
  otherwise: string,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (isSealroomError(error, code)) return;
    throw error;
  }
  throw new SealroomError('bad-configuration', `the store does not keep to its conditions: what was put ${otherwise}`);
}
