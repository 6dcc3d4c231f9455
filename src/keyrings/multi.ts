/** Several keyrings as one: a data key wrapped under each of them opens with any of them. */
import type { DataKey } from '../data-key.ts';
import { SealroomError, throwIfCancelled } from '../errors.ts';
import type { EncryptionContext } from '../message/context.ts';
import type { EncryptedDataKey } from '../message/edk.ts';
import { asOneFailure } from '../ports.ts';
import type { CallOptions, Keyring } from '../ports.ts';

export interface MultiKeyringMembers {
  /** Makes every data key, and wraps it first. Without one nothing new can be sealed. */
  readonly generator?: Keyring | undefined;
  /** Wrap what the generator made, in this order. */
  readonly wrappers?: readonly Keyring[] | undefined;
  /** Keys of the past: they open what was wrapped under them and wrap nothing. */
  readonly unwrapOnly?: readonly Keyring[] | undefined;
}

/** Opens with the generator, the wrappers and the keys of the past, tried in this order. */
export function multiKeyring({ generator, wrappers = [], unwrapOnly = [] }: MultiKeyringMembers): Keyring {
  const writers = generator === undefined ? wrappers : [generator, ...wrappers];
  const readers = [...writers, ...unwrapOnly];
  return {
    async generate(context, options) {
      throwIfCancelled(options?.signal);
      if (generator === undefined)
        throw new SealroomError('bad-key', 'the keys given here only open; none makes a data key');
      using scope = new DisposableStack();
      const { dataKey, edks } = await generator.generate(context, options);
      scope.use(dataKey);
      const others = await wrapUnder(wrappers, dataKey, context, options);
      scope.move();
      return { dataKey, edks: [...edks, ...others] };
    },

    async wrap(dataKey, context, options) {
      throwIfCancelled(options?.signal);
      if (writers.length === 0)
        throw new SealroomError('bad-key', 'the keys given here only open; none wraps a data key');
      return wrapUnder(writers, dataKey, context, options);
    },

    async unwrap(edks, context, options) {
      throwIfCancelled(options?.signal);
      const failures: unknown[] = [];
      for (const reader of readers) {
        try {
          const dataKey = await reader.unwrap(edks, context, options);
          if (dataKey !== null) return dataKey;
        } catch (error) {
          throwIfCancelled(options?.signal);
          failures.push(error);
        }
      }
      if (failures.length > 0) throw asOneFailure(failures);
      return null;
    },
  };
}

/** One after the other, so that after a failure no call is left that still holds the data key. */
async function wrapUnder(
  keyrings: readonly Keyring[],
  dataKey: DataKey,
  context: EncryptionContext,
  options: CallOptions | undefined,
): Promise<EncryptedDataKey[]> {
  const edks: EncryptedDataKey[] = [];
  for (const keyring of keyrings) edks.push(...(await keyring.wrap(dataKey, context, options)));
  return edks;
}
