/** Builds the page where it is not built, or was before something of it changed: `node tools/build-page.ts`. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const built = join(root, 'dist/web/.vite/manifest.json');

/** What the page is made of; of the service's own sources, its client alone. */
const SOURCES = ['web', 'src/client', 'package-lock.json'];

if (changedAt(SOURCES) > (timeOf(built) ?? -Infinity)) {
  console.error('Building the page …');
  // Only here: it takes longer to load than everything else that is done.
  const { build } = await import('vite');
  try {
    await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

/** When the latest of them changed; of folders, and whatever is in them. */
function changedAt(paths: readonly string[]): number {
  const times = paths.flatMap((path) => {
    const place = join(root, path);
    const inside = statSync(place).isDirectory() ? readdirSync(place, { recursive: true, encoding: 'utf8' }) : [];
    // A folder's own time tells of files that went.
    return [place, ...inside.map((name) => join(place, name))].map((name) => timeOf(name) ?? 0);
  });
  return Math.max(...times);
}

function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}
