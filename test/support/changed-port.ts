/** Ports of which some methods are replaced. */
import { SealroomError } from '../../src/errors.ts';
import type { BlobStore, Catalog } from '../../src/ports.ts';

/** Passes calls on, but for those that are replaced. */
export function changed<Port extends BlobStore | Catalog>(port: Port, changes: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What a call fails with that took effect, as far as anyone knows. */
export const lost = (): SealroomError => new SealroomError('unavailable', 'the answer was lost');
