#!/usr/bin/env node
// Old releases of Node must be able to read this file, to be told that they are too old.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`sealroom needs Node 24.15 or newer, and this is Node ${process.versions.node}\n`);
  process.exit(2);
}
const { enableCompileCache } = await import('node:module');
enableCompileCache();
// Streams leave much behind that lived for a moment. Where its space does not grow, it is collected while it is still in
// the processor's cache: docs/performance.md has the figures.
const { setFlagsFromString } = await import('node:v8');
setFlagsFromString('--semi-space-growth-factor=1');
// The C library learns from a large piece that is given back: from then on it keeps memory of up to that size at hand,
// and does not have each frame's mapped, and faulted in page by page, anew.
new ArrayBuffer(31 * 2 ** 20).transfer(0);
// A checkout has the sources; the package that is published has what was made of them.
const source = new URL('../src/cli/main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : '../dist/cli/main.js');
await main(process.argv.slice(2));
