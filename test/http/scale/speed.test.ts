/** The service beside itself without a cipher, and beside bare `node:http`: `bench/http-speed.ts`, with a hundredth of the bytes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInstalled, run } from '../../../bench/support/commands.ts';

const BENCH = join(import.meta.dirname, '../../../bench/http-speed.ts');
const SUBJECTS = ['sealroom', 'sealroom, its cipher idle', 'bare node:http'];

test('10 MiB go into all three servers that are compared and come back equal, and only one of them seals', async (t) => {
  if (process.platform !== 'linux') return t.skip('left out: only Linux tells the processor time of another process');
  if (!(await isInstalled('curl'))) return t.skip('left out: curl is not installed');
  // It fails when bytes differ, when the service did not seal, or when the idle cipher did.
  const { stdout } = await run([process.execPath, BENCH, '10', '1']);
  const rows = stdout.split('\n').filter((line) => /\d\.\d/.test(line) && line.startsWith('| '));
  assert.deepEqual(
    rows.map((row) => row.split('|')[1]!.trim()),
    [...SUBJECTS, ...SUBJECTS],
  );
});
