/** How the page is built into dist/web, and served while somebody works on it. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

/** The service that a page under development speaks to, unless `npm run dev` names its own. */
const service = process.env['SEALROOM_URL'] ?? 'http://127.0.0.1:8080';

/** Where everything but the page is. */
const SERVICE_PATHS = ['/v1', '/s/', '/docs', '/openapi.json', '/page.json'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressed()],
  build: {
    outDir: resolve(import.meta.dirname, '../dist/web'),
    emptyOutDir: true,
    manifest: true,
    // What the page is made of says on which terms.
    license: { fileName: 'licenses.md' },
    // What is inlined as data, the policy of the page refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    // It would tell how long compressing took, each time.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    proxy: Object.fromEntries(SERVICE_PATHS.map((path) => [path, service])),
  },
});

/** Compresses once, here, what the service would compress again and again. */
function compressed(): Plugin {
  let folder: string;
  return {
    name: 'compressed',
    apply: 'build',
    configResolved({ build }) {
      folder = build.outDir;
    },
    async writeBundle() {
      const names = (await readdir(folder, { recursive: true })).filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(names.map((name) => compress(join(folder, name))));
    },
  };
}

const COMPRESSIBLE = /\.(?:css|html|js|mjs|svg|wasm)$/;
/** Beyond this, the last percent takes seconds. */
const LARGE = 300_000;

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: bytes.length > LARGE ? 9 : 11 };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
}
