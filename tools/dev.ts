/** The service, and the page with hot reload before it: `npm run dev`, with arguments of `sealroom serve`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';

const root = resolve(import.meta.dirname, '..');

// A port of its own: the page's is the one to open. Arguments that follow may name another.
const words = ['--json', 'serve', '--init', '--port', '0', ...process.argv.slice(2)];
const service = spawn(process.execPath, [resolve(root, 'bin/sealroom.mjs'), ...words], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
service.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => service.kill(signal));

const [line] = await once(createInterface(service.stdout), 'line');
const { url, token } = JSON.parse(String(line));

// Read by web/vite.config.ts.
process.env['SEALROOM_URL'] = String(url);
const page = await createServer({ configFile: resolve(root, 'web/vite.config.ts') });
await page.listen();
console.log(`page     ${page.resolvedUrls?.local[0] ?? ''}`);
console.log(`service  ${url}`);
if (token !== undefined) console.log(`token    ${token}`);
