import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createKeyFiles } from '../../src/key-files/file.ts';
import { rejection } from '../../src/testing/rejects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('key files', () => {
  test('are created all or none', async () => {
    await using folder = await temporaryFolder();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ path: join(folder.path, name), text: name, mode: 0o600 }));
    await writeFile(b!.path, 'was here before');
    const error = await rejection(createKeyFiles([a!, b!, c!]), 'exists');
    assert.ok(error.message.startsWith(b!.path));
    assert.deepEqual(await readdir(folder.path), ['b']);
    assert.equal(await readFile(b!.path, 'utf8'), 'was here before');
    await createKeyFiles([a!, c!]);
    assert.deepEqual((await readdir(folder.path)).sort(), ['a', 'b', 'c']);
    assert.equal(await readFile(c!.path, 'utf8'), 'c');
  });
});
