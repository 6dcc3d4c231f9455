/** Preloaded into a program (`node --import use-noting-cipher.ts?FILE`): what it seals is noted in that file. */
import { registerHooks } from 'node:module';

const real = new URL('../../src/cipher/index.ts', import.meta.url).href;
const noting = new URL('noting-cipher.ts', import.meta.url);
noting.search = new URL(import.meta.url).search;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return resolved.url === real ? { ...resolved, url: noting.href } : resolved;
  },
});
