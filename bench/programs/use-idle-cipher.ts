/** Preloaded into a program (`node --import`): whoever asks for the cipher gets the one that does nothing. */
import { registerHooks } from 'node:module';

const real = new URL('../../src/cipher/index.ts', import.meta.url).href;
const idle = new URL('idle-cipher.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return resolved.url === real ? { ...resolved, url: idle } : resolved;
  },
});
